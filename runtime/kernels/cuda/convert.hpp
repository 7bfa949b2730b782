// From one number type to another.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "core/slice.hpp"
#include "kernels/cuda/elements.hpp"

namespace castnet::cuda {

template <class From, class To>
__global__ void convert_kernel(std::size_t n, const From* from, To* to) {
  const std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) to[i] = To(float(from[i]));
}

/// Slices of one launch: kernels' arguments may have 4 KiB on every GPU.
inline constexpr std::size_t kConvertSlices = 128;
using ConvertSlices = std::array<Slice, kConvertSlices>;

template <class From, class To, class Slices>
__global__ void convert_slices_kernel(Slices slices, const From* from, To* to) {
  const Slice slice = slices[blockIdx.y];
  each_element(slice.elements, [=](std::size_t element) {
    const std::size_t i = slice.offset + element;
    to[i] = To(float(from[i]));
  });
}

/// to[i] = from[i], rounded, for n values.
template <class From, class To>
void convert(cudaStream_t stream, std::size_t n, const From* from, To* to) {
  launch<convert_kernel<From, To>>(stream, blocks_for(n), kThreads, n, from, to);
}

/// The same for the values of these slices of both.
template <class From, class To>
void convert(cudaStream_t stream, std::span<const Slice> slices, const From* from, To* to) {
  while (!slices.empty()) {
    const auto some = slices.first(std::min(slices.size(), kConvertSlices));
    ConvertSlices chosen{};
    std::ranges::copy(some, chosen.begin());
    const std::size_t most = std::ranges::max(some, {}, &Slice::elements).elements;
    launch<convert_slices_kernel<From, To, ConvertSlices>>(
        stream, dim3(grid_for(most), unsigned(some.size())), kThreads, chosen, from, to);
    slices = slices.subspan(some.size());
  }
}

}  // namespace castnet::cuda
