// cuDNN's convolutions against loops that say what a convolution is; what it refuses.
#include <cuda_bf16.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <set>

#include "core/threads.hpp"
#include "support.hpp"

namespace castnet::cuda {

using Catch::Matchers::Contains;

namespace {

struct Case {
  const char* name;
  int n, c, h, w, k, r, s, pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups;

  int oh() const { return 1 + (h + 2 * pad_h - (r - 1) * dilation_h - 1) / stride_h; }
  int ow() const { return 1 + (w + 2 * pad_w - (s - 1) * dilation_w - 1) / stride_w; }
  std::size_t x() const { return std::size_t(n * c * h * w); }
  std::size_t filter() const { return std::size_t(k * (c / groups) * r * s); }
  std::size_t y() const { return std::size_t(n * k * oh() * ow()); }
};

constexpr Case kPlain = {"3x3", 2, 3, 8, 9, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1};

// clang-format off
const Case kCases[] = {
    kPlain,
    {"1x1", 3, 5, 4, 4, 7, 1, 1, 0, 0, 1, 1, 1, 1, 1},
    {"linear", 50, 64, 1, 1, 10, 1, 1, 0, 0, 1, 1, 1, 1, 1},
    {"stride 2", 2, 3, 8, 9, 4, 3, 3, 1, 1, 2, 2, 1, 1, 1},
    {"stride 2 of 1x1", 2, 4, 7, 8, 3, 1, 1, 0, 0, 2, 2, 1, 1, 1},
    {"uneven", 2, 3, 11, 9, 4, 3, 5, 2, 1, 3, 2, 1, 1, 1},
    {"dilated", 2, 3, 9, 10, 4, 3, 3, 2, 2, 1, 1, 2, 2, 1},
    {"dilated, stride 2", 2, 2, 12, 11, 2, 3, 2, 3, 1, 2, 2, 3, 2, 1},
    {"grouped", 2, 6, 7, 5, 4, 3, 3, 1, 1, 1, 1, 1, 1, 2},
    {"depthwise", 3, 4, 6, 6, 8, 3, 3, 1, 1, 2, 2, 1, 1, 4},
    {"large padding", 1, 2, 3, 3, 2, 2, 2, 3, 3, 1, 1, 1, 1, 1},
    {"whole image", 2, 3, 5, 5, 4, 5, 5, 0, 0, 1, 1, 1, 1, 1},
    {"large stride", 2, 2, 9, 9, 2, 2, 2, 0, 0, 5, 4, 1, 1, 1},
    {"many small", 70, 2, 4, 4, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1},
    {"large image", 2, 2, 70, 65, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1},
};
// clang-format on

/// Calls function(index in x, index in the filter, index in y) for every product.
template <class Function>
void each_product(const Case& v, Function function) {
  const int c = v.c / v.groups, k_group = v.k / v.groups;
  for (int n = 0; n < v.n; ++n)
    for (int k = 0; k < v.k; ++k)
      for (int i = 0; i < c; ++i)
        for (int oh = 0; oh < v.oh(); ++oh)
          for (int ow = 0; ow < v.ow(); ++ow)
            for (int r = 0; r < v.r; ++r)
              for (int s = 0; s < v.s; ++s) {
                const int ih = oh * v.stride_h - v.pad_h + r * v.dilation_h;
                const int iw = ow * v.stride_w - v.pad_w + s * v.dilation_w;
                if (ih < 0 || ih >= v.h || iw < 0 || iw >= v.w) continue;
                const int channel = k / k_group * c + i;
                function(std::size_t(((n * v.c + channel) * v.h + ih) * v.w + iw),
                         std::size_t(((k * c + i) * v.r + r) * v.s + s),
                         std::size_t(((n * v.k + k) * v.oh() + oh) * v.ow() + ow));
              }
}

template <class T>
std::vector<T> random_values(std::size_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<T> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(T(uniform(engine)));
  return values;
}

template <class T>
constexpr cudnnDataType_t kType = CUDNN_DATA_FLOAT;
template <>
constexpr cudnnDataType_t kType<__nv_bfloat16> = CUDNN_DATA_BFLOAT16;

/// Descriptors, tensors and a workspace of one case.
template <class T>
struct Layer {
  explicit Layer(const Case& v, cudnnMathType_t math = CUDNN_FMA_MATH)
      : shape(v),
        x(random_values<T>(v.x(), 1)),
        filter(random_values<T>(v.filter(), 2)),
        y(random_values<T>(v.y(), 3)),
        workspace(std::vector<char>(1 << 20, 0)) {
    CASTNET_CHECK(cudnnCreate(&handle));
    CASTNET_CHECK(cudnnCreateTensorDescriptor(&x_shape));
    CASTNET_CHECK(cudnnCreateTensorDescriptor(&y_shape));
    CASTNET_CHECK(cudnnCreateFilterDescriptor(&filter_shape));
    CASTNET_CHECK(cudnnCreateConvolutionDescriptor(&convolution));
    set_x(v.n, v.c, v.h, v.w);
    set_y(v.n, v.k, v.oh(), v.ow());
    CASTNET_CHECK(cudnnSetFilter4dDescriptor(filter_shape, kType<T>, CUDNN_TENSOR_NCHW, v.k,
                                             v.c / v.groups, v.r, v.s));
    CASTNET_CHECK(cudnnSetConvolution2dDescriptor(convolution, v.pad_h, v.pad_w, v.stride_h,
                                                  v.stride_w, v.dilation_h, v.dilation_w,
                                                  CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    CASTNET_CHECK(cudnnSetConvolutionGroupCount(convolution, v.groups));
    CASTNET_CHECK(cudnnSetConvolutionMathType(convolution, math));
  }
  ~Layer() {
    cudnnDestroyConvolutionDescriptor(convolution);
    cudnnDestroyFilterDescriptor(filter_shape);
    cudnnDestroyTensorDescriptor(y_shape);
    cudnnDestroyTensorDescriptor(x_shape);
    cudnnDestroy(handle);
  }
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  void set_x(int n, int c, int h, int w) {
    CASTNET_CHECK(cudnnSetTensor4dDescriptor(x_shape, CUDNN_TENSOR_NCHW, kType<T>, n, c, h, w));
  }
  void set_y(int n, int c, int h, int w) {
    CASTNET_CHECK(cudnnSetTensor4dDescriptor(y_shape, CUDNN_TENSOR_NCHW, kType<T>, n, c, h, w));
  }

  cudnnStatus_t forward(float alpha = 1, float beta = 0) {
    return cudnnConvolutionForward(handle, &alpha, x_shape, x.data(), filter_shape, filter.data(),
                                   convolution, forward_algorithm, workspace.data(),
                                   workspace_bytes, &beta, y_shape, y.data());
  }
  cudnnStatus_t backward_data(float alpha = 1, float beta = 0) {
    return cudnnConvolutionBackwardData(handle, &alpha, filter_shape, filter.data(), y_shape,
                                        y.data(), convolution, data_algorithm, workspace.data(),
                                        workspace_bytes, &beta, x_shape, x.data());
  }
  cudnnStatus_t backward_weight(float alpha = 1, float beta = 0) {
    return cudnnConvolutionBackwardFilter(handle, &alpha, x_shape, x.data(), y_shape, y.data(),
                                          convolution, filter_algorithm, workspace.data(),
                                          workspace_bytes, &beta, filter_shape, filter.data());
  }

  Case shape;
  OnDevice<T> x, filter, y;
  OnDevice<char> workspace;
  std::size_t workspace_bytes = 1 << 20;
  cudnnConvolutionFwdAlgo_t forward_algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
  cudnnConvolutionBwdDataAlgo_t data_algorithm = CUDNN_CONVOLUTION_BWD_DATA_ALGO_1;
  cudnnConvolutionBwdFilterAlgo_t filter_algorithm = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1;
  cudnnHandle_t handle = nullptr;
  cudnnTensorDescriptor_t x_shape = nullptr, y_shape = nullptr;
  cudnnFilterDescriptor_t filter_shape = nullptr;
  cudnnConvolutionDescriptor_t convolution = nullptr;
};

/// Which of the tensors is the output, and which are multiplied.
enum Tensor { kX, kFilter, kY };

// Float sums of up to 4,000 products of numbers up to 1 in another order; bfloat16 keeps 8 bits.
template <class T>
constexpr double kTolerance = 2e-5;
template <>
constexpr double kTolerance<__nv_bfloat16> = 5e-3;

template <class T>
void check_case(const Case& v, Tensor output, float alpha, float beta) {
  INFO(v.name << ", output " << output << ", alpha " << alpha << ", beta " << beta);
  Layer<T> layer(v);
  const std::array<std::vector<T>, 3> before = {layer.x.values(), layer.filter.values(),
                                                layer.y.values()};
  std::vector<double> expected, scale;
  for (const T value : before[output]) {
    expected.push_back(beta * static_cast<double>(float(value)));
    scale.push_back(1 + std::abs(expected.back()));
  }
  each_product(v, [&](std::size_t x, std::size_t filter, std::size_t y) {
    const std::array<std::size_t, 3> at = {x, filter, y};
    double product = alpha;
    for (const Tensor t : {kX, kFilter, kY}) {
      if (t != output) product *= static_cast<double>(float(before[t][at[t]]));
    }
    expected[at[output]] += product;
    scale[at[output]] = std::max(scale[at[output]], std::abs(expected[at[output]]));
  });
  CASTNET_CHECK(output == kX        ? layer.backward_data(alpha, beta)
                : output == kFilter ? layer.backward_weight(alpha, beta)
                                    : layer.forward(alpha, beta));
  const std::vector<T> result = output == kX        ? layer.x.values()
                                : output == kFilter ? layer.filter.values()
                                                    : layer.y.values();
  double worst = 0;
  for (std::size_t i = 0; i < result.size(); ++i)
    worst =
        std::max(worst, std::abs(static_cast<double>(float(result[i])) - expected[i]) / scale[i]);
  CHECK(worst < kTolerance<T>);
}

std::string why() {
  char text[200];
  cudnnGetLastErrorString(text, sizeof text);
  return text;
}

template <class T>
bool all_nan(const std::vector<T>& values) {
  for (const T value : values) {
    if (!std::isnan(float(value))) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("convolutions are what they are by definition") {
  for (const Case& v : kCases) {
    for (const Tensor output : {kX, kFilter, kY}) {
      check_case<float>(v, output, 1, 0);
      check_case<float>(v, output, 0.5f, -2);
      check_case<__nv_bfloat16>(v, output, 1, 0);
      check_case<__nv_bfloat16>(v, output, 2, 1);
    }
  }
}

TEST_CASE("output dimensions") {
  for (const Case& v : kCases) {
    const Layer<float> layer(v);
    int n = 0, c = 0, h = 0, w = 0;
    CASTNET_CHECK(cudnnGetConvolution2dForwardOutputDim(layer.convolution, layer.x_shape,
                                                        layer.filter_shape, &n, &c, &h, &w));
    CHECK(std::array{n, c, h, w} == std::array{v.n, v.k, v.oh(), v.ow()});
  }
}

TEST_CASE("a beta of 0 overwrites NaN, another does not") {
  Layer<float> layer(kPlain);
  CASTNET_CHECK(cudaMemset(layer.y.data(), 0xff, layer.y.bytes()));
  CASTNET_CHECK(layer.forward(1, 1));
  CHECK(all_nan(layer.y.values()));
  CASTNET_CHECK(layer.forward(1, 0));
  for (const float value : layer.y.values()) CHECK(std::isfinite(value));
}

TEST_CASE("float is multiplied exactly only under CUDNN_FMA_MATH") {
  Layer<float> exact(kPlain, CUDNN_FMA_MATH), rounded(kPlain, CUDNN_DEFAULT_MATH);
  CASTNET_CHECK(exact.forward());
  CASTNET_CHECK(rounded.forward());
  const std::vector<float> a = exact.y.values(), b = rounded.y.values();
  float worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  CHECK(worst > 1e-5f);
  CHECK(worst < 1e-2f);
}

TEST_CASE(
    "deterministic algorithms repeat their results, on any number of threads; others do not") {
  const Case v = {"", 40, 16, 16, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1};
  Layer<float> layer(v);
  const auto filter_gradients = [&] {
    std::set<std::vector<float>> results;
    for (const int threads : {1, 2, 3}) {
      set_thread_count(threads);
      CASTNET_CHECK(layer.backward_weight());
      results.insert(layer.filter.values());
    }
    return results.size();
  };
  const int threads = thread_count();
  CHECK(filter_gradients() == 1);
  layer.filter_algorithm = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3;
  CHECK(filter_gradients() > 1);
  set_thread_count(threads);
}

TEST_CASE("algorithms are listed, the best first") {
  Layer<float> layer(kPlain);
  std::array<cudnnConvolutionBwdFilterAlgoPerf_t, 20> rows = {};
  int count = 0;
  CASTNET_CHECK(cudnnGetConvolutionBackwardFilterAlgorithm_v7(
      layer.handle, layer.x_shape, layer.y_shape, layer.convolution, layer.filter_shape, 20, &count,
      rows.data()));
  REQUIRE(count > 3);
  CHECK(rows[0].status == CUDNN_STATUS_SUCCESS);
  CHECK(rows[0].determinism == CUDNN_NON_DETERMINISTIC);
  CHECK(rows[0].mathType == CUDNN_FMA_MATH);
  CHECK(rows[2].determinism == CUDNN_DETERMINISTIC);
  CHECK(rows[2].memory > 0);
  CHECK(rows[std::size_t(count) - 1].status == CUDNN_STATUS_NOT_SUPPORTED);
}

TEST_CASE("descriptors that do not agree are refused") {
  Layer<float> layer(kPlain);
  CHECK(layer.forward() == CUDNN_STATUS_SUCCESS);
  layer.set_y(2, 4, 8, 8);
  CHECK(layer.forward() == CUDNN_STATUS_BAD_PARAM);
  CHECK_THAT(why(), Contains("y is [2, 4, 8, 8], but the output is [2, 4, 8, 9]"));
  CHECK(layer.backward_data() == CUDNN_STATUS_BAD_PARAM);
  CHECK(layer.backward_weight() == CUDNN_STATUS_BAD_PARAM);
  layer.set_y(2, 4, 8, 9);
  layer.set_x(2, 4, 8, 9);
  CHECK(layer.forward() == CUDNN_STATUS_BAD_PARAM);
  CHECK_THAT(why(), Contains("channels: x [4], filter [4, 3], groups [1]"));
  layer.set_x(1, 3, 8, 9);
  CHECK(layer.forward() == CUDNN_STATUS_BAD_PARAM);
  layer.set_x(2, 3, 8, 9);
  CASTNET_CHECK(cudnnSetFilter4dDescriptor(layer.filter_shape, CUDNN_DATA_BFLOAT16,
                                           CUDNN_TENSOR_NCHW, 4, 3, 3, 3));
  CHECK(layer.forward() == CUDNN_STATUS_NOT_SUPPORTED);
  CASTNET_CHECK(cudnnDestroyFilterDescriptor(layer.filter_shape));
  CHECK(layer.forward() == CUDNN_STATUS_BAD_PARAM);
  CHECK(cudnnSetTensor4dDescriptor(layer.x_shape, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 0, 1, 1,
                                   1) == CUDNN_STATUS_BAD_PARAM);
}

TEST_CASE("memory that a convolution must not use is refused") {
  Layer<float> layer(kPlain);
  std::vector<float> host(1000);
  const float one = 1, zero = 0;
  const auto forward = [&](const void* x, const void* filter, void* y, void* workspace) {
    return cudnnConvolutionForward(layer.handle, &one, layer.x_shape, x, layer.filter_shape, filter,
                                   layer.convolution, layer.forward_algorithm, workspace,
                                   layer.workspace_bytes, &zero, layer.y_shape, y);
  };
  float *x = layer.x.data(), *filter = layer.filter.data(), *y = layer.y.data();
  char* workspace = layer.workspace.data();
  CHECK(forward(x, filter, y, workspace) == CUDNN_STATUS_SUCCESS);
  CHECK(forward(host.data(), filter, y, workspace) == CUDNN_STATUS_BAD_PARAM);
  CHECK(forward(x + 1, filter, y, workspace) == CUDNN_STATUS_BAD_PARAM);
  CHECK(forward(x, filter + 1, y, workspace) == CUDNN_STATUS_BAD_PARAM);
  CHECK(forward(x, filter, y + 1, workspace) == CUDNN_STATUS_BAD_PARAM);
  CHECK(forward(x, filter, host.data(), workspace) == CUDNN_STATUS_BAD_PARAM);
  CHECK(forward(x, filter, y, nullptr) == CUDNN_STATUS_BAD_PARAM);
  CHECK(forward(x, filter, y, workspace + 1) == CUDNN_STATUS_BAD_PARAM);
  layer.workspace_bytes = 0;
  CHECK(forward(x, filter, y, workspace) == CUDNN_STATUS_BAD_PARAM);
  CHECK_THAT(why(), Contains("workspace is too small"));
}

TEST_CASE("convolutions are captured") {
  Layer<float> layer(kPlain);
  cudaStream_t stream = nullptr;
  CASTNET_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  CASTNET_CHECK(cudnnSetStream(layer.handle, stream));
  CASTNET_CHECK(layer.forward(2));  // what is executed first is loaded
  const std::vector<float> before = layer.y.values();
  CASTNET_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  CASTNET_CHECK(layer.forward());
  cudaGraph_t graph = nullptr;
  CASTNET_CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(layer.y.values() == before);
  cudaGraphExec_t exec = nullptr;
  CASTNET_CHECK(cudaGraphInstantiate(&exec, graph, 0));
  CASTNET_CHECK(cudaGraphLaunch(exec, stream));
  const std::vector<float> replayed = layer.y.values();
  CHECK(replayed != before);
  CASTNET_CHECK(layer.forward());
  CHECK(layer.y.values() == replayed);

  CASTNET_CHECK(cudaGraphExecDestroy(exec));
  CASTNET_CHECK(cudaStreamDestroy(stream));
  cudaGetLastError();
}

TEST_CASE("bfloat16 rounds to the nearest, ties to even") {
  const auto rounded = [](float value) { return float(__nv_bfloat16(value)); };
  CHECK(rounded(1.f) == 1.f);
  CHECK(rounded(1 + 1.f / 256) == 1.f);            // a tie, down to even
  CHECK(rounded(1 + 3.f / 256) == 1 + 4.f / 256);  // a tie, up to even
  CHECK(rounded(1 + 1.01f / 256) == 1 + 2.f / 256);
  CHECK(std::isinf(rounded(3.4e38f)));
  CHECK(std::isnan(rounded(NAN)));
}

}  // namespace castnet::cuda
