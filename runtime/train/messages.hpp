// A trainer's messages about a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "run/checkpoint.hpp"
#include "run/run_directory.hpp"

namespace castnet {

/// The last lines on standard output: the reported epoch's figures, warnings about them, and the
/// pictures in the run's folder.
std::string summary(const RunFacts& facts, const RunIdentity& identity, const TrainingState& state,
                    const std::filesystem::path& folder, bool grad_cam);

/// The message for resuming a run whose loss was not finite.
inline constexpr const char* kFailsAgain =
    "the run failed as its loss was not finite, and the same spec, seed, data and build give the "
    "same bits, so --resume would end in the same way; change the spec, and start a new run "
    "without --resume";

/// For an exception handler: rethrows the exception that ended a run. Adds to NonFiniteLoss and
/// FileError which state is left, and whether to continue from it. `saved` is the step of the state
/// in `last`; without it there is none.
[[noreturn]] void rethrow_with_rest(const std::filesystem::path& last,
                                    std::optional<std::uint64_t> saved);

}  // namespace castnet
