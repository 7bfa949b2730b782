// The exit statuses of castnet and of the trainers that it becomes.
#pragma once

namespace castnet {

inline constexpr int kFine = 0;
inline constexpr int kCheckFailed = 1;  ///< over budget, stale, a mismatch
inline constexpr int kBadInput = 2;     ///< wrong usage, a bad spec
inline constexpr int kRunFailed = 3;    ///< data, memory, disk, compiler, a loss that is not finite
inline constexpr int kInterrupted = 130;  ///< by a signal, with everything saved

}  // namespace castnet
