// What a trainer tells of a run in words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "run/checkpoint.hpp"
#include "run/run_directory.hpp"

namespace castnet {

/// Standard output's lines at the end of a run: the reported epoch's figures, what is wrong with
/// them, and the pictures in its folder.
std::string summary(const RunFacts& facts, const RunIdentity& identity, const TrainingState& state,
                    const std::filesystem::path& folder, bool grad_cam);

/// Of a run that is to be resumed after its loss was not finite.
inline constexpr const char* kFailsAgain =
    "the run failed as its loss was not finite, and the same spec, seed, data and build give the "
    "same bits, so --resume would end in the same way; change the spec, and start a new run "
    "without --resume";

/// In a handler of what ended a run: throws it again; to NonFiniteLoss and FileError it adds what
/// is left of the run, and whether to go on from there. `saved` is the step of the state in `last`;
/// without it there is none.
[[noreturn]] void rethrow_with_rest(const std::filesystem::path& last,
                                    std::optional<std::uint64_t> saved);

}  // namespace castnet
