// The targets that source is emitted for: a folder beside this file each, templates, and one row.
#pragma once

#include <span>
#include <string_view>

#include "targets/schedules.hpp"

namespace castnet::codegen {

struct Target {
  std::string_view name;         ///< of its folder below templates/, and on the command line
  std::string_view file;         ///< the generated program
  std::string_view memory_file;  ///< its memory map, which it includes
  std::string_view name_space;   ///< of make_NAME()
  bool on_host;                  ///< whether its programs' memory is the host's
  Compiled (*compile)(const Spec& spec, Sharing sharing);
};

/// All, the one that runs everywhere first.
std::span<const Target> targets();

/// Throws std::invalid_argument where there is none of that name.
const Target& target_named(std::string_view name);

/// A spec's program for a target. Without sharing no operation works in place either; the
/// operations are the same, one by one.
inline Compiled compile(const Spec& spec, const Target& target = targets().front(),
                        Sharing sharing = Sharing::lifetimes) {
  return target.compile(spec, sharing);
}

}  // namespace castnet::codegen
