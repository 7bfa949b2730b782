// The numbers of a convolution, in float.
#pragma once

#include <cstddef>

namespace castnet::host_cuda {

/// x [n, groups * c, h, w], filter [groups * k, c, r, s], y [n, groups * k, oh, ow].
struct ConvolutionShape {
  int n = 1, groups = 1, c = 1, k = 1;  ///< c and k: channels of one group
  int h = 1, w = 1, oh = 1, ow = 1, r = 1, s = 1;
  int pad_h = 0, pad_w = 0, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;

  bool operator==(const ConvolutionShape&) const = default;
};

// Results do not depend on the number of threads. `turn`: 0, or any other number for another order
// of sums: a stand-in for the order that a non-deterministic algorithm finds.

/// y [k] = sum over c of filter [k, c] * x [c] (cross-correlation).
void convolve(const ConvolutionShape& shape, const float* x, const float* filter, float* y,
              int turn);

/// dx: the gradient of sum(y * dy) with respect to x.
void convolve_data(const ConvolutionShape& shape, const float* filter, const float* dy, float* dx,
                   int turn);

/// d_filter: the gradient of sum(y * dy) with respect to the filter.
void convolve_filter(const ConvolutionShape& shape, const float* x, const float* dy,
                     float* d_filter, int turn);

}  // namespace castnet::host_cuda
