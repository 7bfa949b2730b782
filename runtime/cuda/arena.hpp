// Arena: a stretch of device memory that is carved up at compile time.
#pragma once

#include <cstddef>

#include "core/slice.hpp"

namespace castnet::cuda {

/// `Elements` values of T, somebody else's memory.
template <class T, std::size_t Elements>
class Arena {
 public:
  explicit Arena(T* data) : data_(data) {}

  /// The slice's first element; its memory may hold values of a type that is not larger. A slice
  /// that leaves the arena does not compile.
  template <Slice S, class Value = T>
  Value* at() const {
    static_assert(S.offset + S.elements <= Elements, "a slice leaves its arena");
    static_assert(sizeof(Value) <= sizeof(T), "a slice is too small for its values");
    return reinterpret_cast<Value*>(data_ + S.offset);
  }
  T* data() const { return data_; }

 private:
  T* data_;
};

}  // namespace castnet::cuda
