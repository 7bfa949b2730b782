// Every kernel instantiated by nvcc: what compiles as C++ may still not be CUDA. Nothing runs.
#include "cuda/value.hpp"
#include "kernels/cuda/kernels.hpp"

namespace castnet::cuda::compile_test {

// Odd sizes: no index may rely on powers of two.
template <NormStatistics Statistics, int Groups, NormAffine Affine, Act A>
struct norm_shape {
  static constexpr NormShape value{.batch = 32,
                                   .channels = 6,
                                   .height = 7,
                                   .width = 5,
                                   .statistics = Statistics,
                                   .groups = Groups,
                                   .affine = Affine,
                                   .act = A};
};
template <Act A>
struct act_shape {
  static constexpr ActShape value{.batch = 32, .channels = 3, .height = 5, .width = 7, .act = A};
};
struct add_shape {
  static constexpr AddShape value{.batch = 32, .channels = 3, .height = 5, .width = 7};
};
template <bool PerChannel>
struct dropout_shape {
  static constexpr DropoutShape value{.batch = 32,
                                      .channels = 3,
                                      .height = 5,
                                      .width = 7,
                                      .rate = 0.1,
                                      .per_channel = PerChannel,
                                      .index = 1};
};
template <bool Average>
struct pool_shape {
  static constexpr PoolShape value{.batch = 32,
                                   .channels = 3,
                                   .in_height = 9,
                                   .in_width = 7,
                                   .kernel = 3,
                                   .stride = 2,
                                   .padding = 1,
                                   .average = Average};
};
struct global_pool_shape {
  static constexpr GlobalPoolShape value{.batch = 32, .channels = 3, .height = 5, .width = 7};
};
struct loss_shape {
  static constexpr LossShape value{.batch = 32, .classes = 10};
};
struct conv_shape {
  static constexpr ConvShape value{.batch = 32,
                                   .in_channels = 3,
                                   .in_height = 5,
                                   .in_width = 7,
                                   .out_channels = 5,
                                   .kernel = 3,
                                   .padding = 1,
                                   .bias = true};
};

template <class S, class T>
void norm(T* x, float* p) {
  norm_forward<S>(nullptr, Mode::train, x, p, p, p, p, p, x);
  norm_backward<S>(nullptr, x, x, p, p, p, p, x, p, p);
}

template <NormAffine Affine, class T>
void norms(T* x, float* p) {
  norm<norm_shape<NormStatistics::batch, 1, Affine, Act::relu>>(x, p);
  norm<norm_shape<NormStatistics::group, 2, Affine, Act::gelu>>(x, p);
}

template <Act A, class T>
void activation(T* x) {
  activation_forward<act_shape<A>>(nullptr, x, x);
  activation_backward<act_shape<A>>(nullptr, x, x, x);
}

template <class T>
void activations(T* x, float* p, const DeviceStep* step, const std::uint32_t* samples) {
  norms<NormAffine::none>(x, p);
  norms<NormAffine::channel>(x, p);
  norms<NormAffine::element>(x, p);
  activation<Act::none>(x);
  activation<Act::relu>(x);
  activation<Act::gelu>(x);
  activation<Act::silu>(x);
  activation<Act::leaky_relu>(x);
  add<add_shape>(nullptr, x, x, x);
  dropout_forward<dropout_shape<false>>(nullptr, Mode::train, step, samples, x, x);
  dropout_backward<dropout_shape<true>>(nullptr, step, samples, x, x);
  pool_forward<pool_shape<false>>(nullptr, x, x);
  pool_backward<pool_shape<false>>(nullptr, x, x, x);
  pool_forward<pool_shape<true>>(nullptr, x, x);
  pool_backward<pool_shape<true>>(nullptr, x, x, x);
  global_pool_forward<global_pool_shape>(nullptr, x, x);
  global_pool_backward<global_pool_shape>(nullptr, x, x);
  cross_entropy_forward<loss_shape>(nullptr, x, p, p, p);
  cross_entropy_backward<loss_shape>(nullptr, p, p, x);
  add_bias<conv_shape>(nullptr, p, x);
  bias_gradient<conv_shape>(nullptr, x, p, p);
}

void parameters(float* p, double* factor, const DeviceStep* step) {
  constexpr Penalty kPenalties[]{{Slice{0, 1}, 0, 0}};
  sgd_update(nullptr, kPenalties, p, p, p, step, 0.9, true);
  adam_update(nullptr, kPenalties, p, p, p, p, step, 0.9, 0.999, 1e-8);
  adamw_update(nullptr, kPenalties, p, p, p, p, step, 0.9, 0.999, 1e-8);
  clip_norm(nullptr, 1, p, 1, factor);
  clip_value(nullptr, 1, p, 1);
  average_weights(nullptr, 1, p, p, 0.9, step);
  swap(nullptr, 1, p, p);
}

template void activations(float*, float*, const DeviceStep*, const std::uint32_t*);
template void activations(__nv_bfloat16*, float*, const DeviceStep*, const std::uint32_t*);

}  // namespace castnet::cuda::compile_test
