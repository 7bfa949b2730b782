// Slice: a tensor's place in its arena. Blocks: a tensor of which each block of images has a slice.
#pragma once

#include <cstddef>

namespace castnet {

/// Both in elements.
struct Slice {
  std::size_t offset;
  std::size_t elements;
};

/// Block b's slice begins at [b].
template <class T>
struct Blocks {
  T* first;
  std::size_t stride;  ///< elements from one slice to the next
  T* operator[](int block) const { return first + std::size_t(block) * stride; }
};

}  // namespace castnet
