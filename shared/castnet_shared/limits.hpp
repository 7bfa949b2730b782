// The limits of a spec and of a trainer's files.
#pragma once

#include <cstddef>

namespace castnet {

inline constexpr int kMostEpochs = 100'000;
inline constexpr std::size_t kMostClasses = 256;  ///< a label is a byte

}  // namespace castnet
