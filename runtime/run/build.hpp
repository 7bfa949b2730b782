// The build that trains a run: other compilers, processors and libraries give other bits.
#pragma once

#include <string>
#include <vector>

#include "core/notes.hpp"
#include "core/program.hpp"

namespace castnet {

/// The facts that determine a run's bits besides spec, data and seed: castnet's version, the
/// compiler, its flags, the instruction sets, the C library (for its exp and log), and for an
/// Accelerated program its device.
Notes build_of(const ProgramInfo& info, const Notes& device);

/// The epoch (from 1) from which on a build trained a run.
struct BuildSpan {
  int from_epoch = 1;
  Notes build;
  bool operator==(const BuildSpan&) const = default;
};

/// The builds as JSON, for run.json and checkpoints: [{"from_epoch": 1, "build": {…}}, …].
std::string to_json(const std::vector<BuildSpan>& builds);
/// The inverse. Throws JsonError on anything else.
std::vector<BuildSpan> parse_builds(const std::string& text);

/// The differences with both values: "compiler: 'GCC 12.2.0', now 'GCC 14.2.0'"; empty if there are
/// none.
std::string what_differs(const Notes& before, const Notes& now);

}  // namespace castnet
