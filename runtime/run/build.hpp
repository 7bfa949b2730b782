// Which build trains: other compilers, processors and libraries give other bits.
#pragma once

#include <string>
#include <vector>

#include "core/notes.hpp"
#include "core/program.hpp"

namespace castnet {

/// What decides a run's bits besides spec, data and seed: castnet's version, the compiler, its
/// flags, the instruction sets, the C library (whose exp and log are used), and of an Accelerated
/// program what it told of its device.
Notes build_of(const ProgramInfo& info, const Notes& device);

/// From which epoch (from 1) on a run was trained by which build.
struct BuildSpan {
  int from_epoch = 1;
  Notes build;
  bool operator==(const BuildSpan&) const = default;
};

/// As JSON, for run.json and checkpoints: [{"from_epoch": 1, "build": {…}}, …].
std::string to_json(const std::vector<BuildSpan>& builds);
/// The inverse. Throws JsonError on anything else.
std::vector<BuildSpan> parse_builds(const std::string& text);

/// What differs, with both values: "compiler: 'GCC 12.2.0', now 'GCC 14.2.0'"; empty if nothing.
std::string what_differs(const Notes& before, const Notes& now);

}  // namespace castnet
