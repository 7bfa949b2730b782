// Whether two folders hold the same results.
#pragma once

#include <filesystem>
#include <string>

namespace castnet::endurance {

/// The end of what difference() says of a file that should not be there, where all others are
/// right.
inline constexpr const char* kLeftOver = "is left over";

/// What first differs below two folders, in words; empty if nothing does. Every file of each must
/// be in the other, byte for byte, but for times: the columns of metrics.csv that tell of them, the
/// rows of it in checkpoints and the hash over these, the figures in run.json; and the logs of a
/// comparison's trainings, which tell of the disturbance.
std::string difference(const std::filesystem::path& expected, const std::filesystem::path& actual);

}  // namespace castnet::endurance
