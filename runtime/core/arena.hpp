// Arena: one aligned, zeroed allocation that is carved up at compile time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "core/slice.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace castnet {

/// `Elements` values of T, 64-byte aligned and zero at first.
template <class T, std::size_t Elements>
class Arena {
 public:
  Arena() : data_(static_cast<T*>(::operator new(kBytes, kAlign))) {
#ifdef __linux__
    // A channel's rows lie several small pages apart, whose addresses then cost time to look up.
    if (kBytes >= kLargePage) madvise(data_, kBytes, MADV_HUGEPAGE);
#endif
    std::fill_n(data_, Elements, T{});
  }
  ~Arena() { ::operator delete(data_, kAlign); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// The slice's first element. A slice that leaves the arena does not compile.
  template <Slice S>
  T* at() const {
    static_assert(S.offset + S.elements <= Elements, "a slice leaves its arena");
    return data_ + S.offset;
  }
  /// The slice's memory as four bytes an element.
  template <Slice S>
  std::uint8_t* bytes() const {
    static_assert(sizeof(T) >= 4);
    return reinterpret_cast<std::uint8_t*>(at<S>());
  }
  /// The slice of each `Stride` elements: one a block of images.
  template <Slice S, std::size_t Stride>
  Blocks<T> blocks() const {
    static_assert(S.offset + S.elements <= Stride, "a slice leaves its block");
    return {at<S>(), Stride};
  }
  template <Slice S, std::size_t Stride>
  Blocks<std::uint8_t> byte_blocks() const {
    static_assert(S.offset + S.elements <= Stride, "a slice leaves its block");
    return {bytes<S>(), Stride * sizeof(T)};
  }
  T* data() const { return data_; }
  std::span<T> span() const { return {data_, Elements}; }

 private:
  static constexpr std::size_t kBytes = std::max<std::size_t>(Elements, 1) * sizeof(T);
  static constexpr std::size_t kLargePage = std::size_t{2} << 20;
  static constexpr std::align_val_t kAlign{kBytes >= kLargePage ? kLargePage : 64};
  T* data_;
};

}  // namespace castnet
