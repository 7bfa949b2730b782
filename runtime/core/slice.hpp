// Slice: a tensor's place in its arena.
#pragma once

#include <cstddef>

namespace castnet {

/// Both in elements.
struct Slice {
  std::size_t offset;
  std::size_t elements;
};

}  // namespace castnet
