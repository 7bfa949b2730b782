// Convolution: forward, and the gradients of input, weight and bias.
#pragma once

#include "kernels/cpu/conv_backward_data.hpp"
#include "kernels/cpu/conv_backward_weight.hpp"
#include "kernels/cpu/conv_forward.hpp"
