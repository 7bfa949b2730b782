// The places of parameters on the device. In the host's arenas, in the tensor tables and in
// checkpoints, tensors lie side by side. On the device each tensor is aligned, so that a GPU can
// read several elements at once.
#pragma once

#include <cstddef>
#include <span>

#include "core/program.hpp"

namespace castnet::cuda {

/// Tensors begin at multiples of this number of elements: 16 bytes of bfloat16, 32 of float32.
inline constexpr std::size_t kTensorAlignment = 8;

constexpr std::size_t aligned_elements(std::size_t elements) {
  return (elements + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

/// The number of elements of an arena with these tensors. The gaps between them are always zero.
constexpr std::size_t aligned_elements(std::span<const TensorInfo> tensors) {
  std::size_t elements = 0;
  for (const TensorInfo& tensor : tensors) elements += aligned_elements(tensor.elements);
  return elements;
}

/// The place on the device of a tensor, or of several neighbours, whose place is `packed` in the
/// layout without gaps.
constexpr Slice aligned_slice(std::span<const TensorInfo> tensors, Slice packed) {
  Slice slice{};
  std::size_t offset = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.offset == packed.offset) slice.offset = offset;
    if (tensor.offset + tensor.elements == packed.offset + packed.elements) {
      slice.elements = offset + tensor.elements - slice.offset;
    }
    offset += aligned_elements(tensor.elements);
  }
  return slice;
}

/// The groups with their places on the device.
template <std::size_t Most>
constexpr ParameterGroups<Most> aligned_groups(ParameterGroups<Most> groups,
                                               std::span<const TensorInfo> tensors) {
  for (std::size_t i = 0; i < groups.count; ++i) {
    Slice& place = groups.groups[i].parameters;
    place = aligned_slice(tensors, place);
  }
  return groups;
}

/// An arena of the tensors of a table, in memory that another object owns.
template <class T>
class TensorArena {
 public:
  TensorArena(T* data, std::span<const TensorInfo> tensors) : data_(data), tensors_(tensors) {}

  /// The first element of the tensor with that place in the table.
  template <Slice S>
  T* at() const {
    return data_ + aligned_slice(tensors_, S).offset;
  }
  T* data() const { return data_; }

 private:
  T* data_;
  std::span<const TensorInfo> tensors_;
};

}  // namespace castnet::cuda
