// Arena: a piece of device memory that is divided at compile time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/slice.hpp"
#include "cuda/value.hpp"

namespace castnet::cuda {

/// `Elements` values of T in memory that another object owns.
template <class T, std::size_t Elements>
class Arena {
 public:
  explicit Arena(T* data) : data_(data) {}

  /// The slice's first element. A slice that leaves the arena does not compile.
  template <Slice S>
  T* at() const {
    static_assert(S.offset + S.elements <= Elements, "a slice leaves its arena");
    return data_ + S.offset;
  }
  /// The same memory as an arena of values that are not larger than T.
  template <Slice S>
  Value* values() const {
    static_assert(sizeof(Value) <= sizeof(T), "a slice is too small for its values");
    return reinterpret_cast<Value*>(at<S>());
  }
  /// The slice's memory as four bytes per element.
  template <Slice S>
  std::uint8_t* bytes() const {
    static_assert(sizeof(T) >= 4);
    return reinterpret_cast<std::uint8_t*>(at<S>());
  }
  T* data() const { return data_; }

 private:
  T* data_;
};

}  // namespace castnet::cuda
