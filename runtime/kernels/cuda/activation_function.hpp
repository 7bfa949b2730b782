// Activation functions and their derivatives, for kernels of their own and for fused ones.
#pragma once

#include "castnet_shared/shapes.hpp"
#include "core/host_device.hpp"
#include "kernels/smooth.hpp"

namespace castnet::cuda {

template <Act A>
CASTNET_HOST_DEVICE float activate(float x, [[maybe_unused]] float slope) {
  if constexpr (A == Act::none) {
    return x;
  } else if constexpr (A == Act::relu) {
    return x <= 0 ? 0 : x;  // this way round NaN stays NaN
  } else if constexpr (A == Act::leaky_relu) {
    return x > 0 ? x : x * slope;
  } else {
    return smooth_value<A>(x);
  }
}

/// `dy` times the derivative at the input `x`; for ReLU and leaky ReLU `x` may be the output
/// instead, which has the input's sign (0 at 0 and below for ReLU).
template <Act A>
CASTNET_HOST_DEVICE float activate_backward([[maybe_unused]] float x, float dy,
                                            [[maybe_unused]] float slope) {
  if constexpr (A == Act::none) {
    return dy;
  } else if constexpr (A == Act::relu) {
    return x > 0 ? dy : 0;
  } else if constexpr (A == Act::leaky_relu) {
    return x > 0 ? dy : dy * slope;
  } else {
    return dy * smooth_slope<A>(x);
  }
}

/// The same from what an activation that is an operation of its own keeps for backward: sigmoid's
/// output, else what activate_backward takes as `x`.
template <Act A>
CASTNET_HOST_DEVICE float activate_backward_kept(float kept, float dy, float slope) {
  if constexpr (A == Act::sigmoid) {
    return dy * kept * (1 - kept);
  } else {
    return activate_backward<A>(kept, dy, slope);
  }
}

}  // namespace castnet::cuda
