// How many classes there may be.
#pragma once

#include <cstddef>

namespace castnet {

inline constexpr std::size_t kMostClasses = 256;  ///< a label is a byte

}  // namespace castnet
