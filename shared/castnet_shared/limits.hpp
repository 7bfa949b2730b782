// What a spec may ask for at most, and a trainer's files may hold.
#pragma once

#include <cstddef>

namespace castnet {

inline constexpr int kMostEpochs = 100'000;
inline constexpr std::size_t kMostClasses = 256;  ///< a label is a byte

}  // namespace castnet
