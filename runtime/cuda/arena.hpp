// Arena: device memory that is carved up at compile time.
#pragma once

#include <cstddef>

#include "core/slice.hpp"

namespace castnet::cuda {

/// `Elements` values of T that somebody else owns.
template <class T, std::size_t Elements>
class Arena {
 public:
  explicit Arena(T* data) : data_(data) {}

  /// The slice's first element. A slice that leaves the arena does not compile. Its elements may be
  /// of another type, as large as T or smaller; offset and number stay in elements of T.
  template <Slice S, class V = T>
  V* at() const {
    static_assert(S.offset + S.elements <= Elements, "a slice leaves its arena");
    static_assert(sizeof(V) <= sizeof(T) && alignof(V) <= alignof(T), "too large for its slice");
    return reinterpret_cast<V*>(data_ + S.offset);
  }
  T* data() const { return data_; }

 private:
  T* data_;
};

}  // namespace castnet::cuda
