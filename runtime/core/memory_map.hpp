// MemoryMap: where buffers lie in an arena, and when each is in use.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "core/slice.hpp"

namespace castnet {

/// A buffer's place, in elements, and the first and the last operation that uses it.
struct MappedBuffer {
  const char* name;
  std::size_t offset;
  std::size_t elements;
  int first;
  int last;
};

/// The buffers of an arena, in order of address.
template <std::size_t Count>
struct MemoryMap {
  std::array<MappedBuffer, Count> buffers;
  std::size_t origin = 0;  ///< of the offsets, in the arena

  /// The place of the buffer of that name. Does not compile where there is none.
  constexpr Slice operator[](std::string_view name) const {
    for (const MappedBuffer& buffer : buffers) {
      if (buffer.name == name) return {origin + buffer.offset, buffer.elements};
    }
    throw std::out_of_range("no buffer has this name");
  }

  /// Whether all lie in the first `elements` from the origin, and buffers that are in use during
  /// the same operation lie apart.
  constexpr bool is_sound(std::size_t elements) const {
    for (std::size_t i = 0; i < Count; ++i) {
      const MappedBuffer& a = buffers[i];
      if (a.first > a.last || a.offset + a.elements > elements) return false;
      for (std::size_t j = 0; j < i; ++j) {
        const MappedBuffer& b = buffers[j];
        const bool meet = a.first <= b.last && b.first <= a.last;
        const bool overlap = a.offset < b.offset + b.elements && b.offset < a.offset + a.elements;
        if (meet && overlap) return false;
      }
    }
    return true;
  }
};

/// The map of these buffers, whose offsets count from `origin` in the arena.
template <std::size_t Count>
constexpr MemoryMap<Count> memory_map(const MappedBuffer (&buffers)[Count],
                                      std::size_t origin = 0) {
  MemoryMap<Count> map{{}, origin};
  for (std::size_t i = 0; i < Count; ++i) map.buffers[i] = buffers[i];
  return map;
}

/// The map of no buffers.
constexpr MemoryMap<0> memory_map(std::size_t origin = 0) { return {{}, origin}; }

}  // namespace castnet
