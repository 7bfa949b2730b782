// Which of cuDNN's algorithms convolutions get, in the precision that this program is compiled for.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "../catch.hpp"
#include "../host_cuda_test/environment.hpp"
#include "../runtime/redirect.hpp"
#include "../runtime/temporary_folder.hpp"
#include "castnet_shared/file.hpp"
#include "cuda/cudnn_convolution.hpp"

// Named, for nvcc.
namespace castnet::test::algorithms {

using Catch::Contains;
using cuda::Gradients;
using cuda::kPrecision;
using cuda::Precision;

constexpr ConvShape kPlain{.batch = 16,
                           .in_channels = 16,
                           .in_height = 8,
                           .in_width = 8,
                           .out_channels = 16,
                           .kernel = 3,
                           .padding = 1};

ConvShape with(ConvShape shape, int in_channels, int out_channels, int groups) {
  shape.in_channels = in_channels;
  shape.out_channels = out_channels;
  shape.groups = groups;
  return shape;
}

/// Those that tensor cores take, and those that they do not.
const ConvShape kShapes[] = {kPlain,
                             with(kPlain, 3, 16, 1),
                             with(kPlain, 1, 8, 1),
                             with(kPlain, 8, 8, 8),
                             with(kPlain, 12, 6, 2),
                             ConvShape{.batch = 16,
                                       .in_channels = 28,
                                       .in_height = 1,
                                       .in_width = 1,
                                       .out_channels = 10,
                                       .kernel = 1}};

/// What is chosen for one convolution.
Notes choices(const ConvShape& shape, Gradients gradients) {
  cuda::Device device;
  cuda::CudnnConvolution convolution(device, "C1_conv", shape, gradients);
  device.add(convolution);
  return device.prepare();
}

/// What `function` prints to standard error.
template <class Function>
std::string printed(Function function) {
  const TemporaryFolder folder;
  {
    const Redirect to_file(stderr, folder / "printed");
    function();
  }
  return read_file(folder / "printed");
}

TEST_CASE("every convolution gets an algorithm for each direction", "[cuda_precision]") {
  for (const ConvShape& shape : kShapes) {
    INFO(shape.in_channels << " to " << shape.out_channels << ", groups " << shape.groups);
    const Notes notes = choices(shape, Gradients::of_weight_and_input);
    for (const char* direction : {"forward", "backward data", "backward weight"}) {
      const std::string& choice = notes.at(std::string("C1_conv ") + direction);
      INFO(direction << ": " << choice);
      // The only type of products that float32 may have on a GPU with TF32.
      if (kPrecision == Precision::fp32) CHECK_THAT(choice, Catch::EndsWith(" fma"));
      CHECK(choice.find("conversion") == std::string::npos);
    }
  }
}

TEST_CASE("a convolution whose input needs no gradient asks for no algorithm", "[cuda_precision]") {
  const Notes notes = choices(kPlain, Gradients::of_weight);
  CHECK(notes.contains("C1_conv forward"));
  CHECK(notes.contains("C1_conv backward weight"));
  CHECK_FALSE(notes.contains("C1_conv backward data"));
}

TEST_CASE("a precision says which products keep it", "[cuda_precision]") {
  using cuda::keeps;
  for (const bool has_tf32 : {false, true}) {
    CHECK(keeps(Precision::fp32, CUDNN_FMA_MATH, has_tf32));
    CHECK(keeps(Precision::fp32, CUDNN_DEFAULT_MATH, has_tf32) == !has_tf32);
    CHECK_FALSE(keeps(Precision::fp32, CUDNN_TENSOR_OP_MATH, has_tf32));
    CHECK_FALSE(keeps(Precision::fp32, CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION, has_tf32));
    for (const auto math : {CUDNN_FMA_MATH, CUDNN_DEFAULT_MATH, CUDNN_TENSOR_OP_MATH}) {
      CHECK(keeps(Precision::tf32, math, has_tf32));
      CHECK(keeps(Precision::bf16, math, has_tf32));
    }
    CHECK_FALSE(keeps(Precision::tf32, CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION, has_tf32));
  }
}

TEST_CASE("all rows are printed where the environment asks for it", "[cuda_precision]") {
  const auto choose = [] { choices(kPlain, Gradients::of_weight_and_input); };
  CHECK(printed(choose).empty());
  const test::Environment print("CASTNET_CUDA_ALGORITHMS", "1");
  const std::string text = printed(choose);
  INFO(text);
  CHECK_THAT(text, Catch::StartsWith("convolution,direction,rank,algorithm,math,deterministic,"
                                     "status,workspace_bytes,outcome\n"));
  std::istringstream lines(text);
  int chosen = 0;
  for (std::string line; std::getline(lines, line);) {
    CHECK(std::ranges::count(line, ',') == 8);
    chosen += line.ends_with(",chosen") ? 1 : 0;
  }
  CHECK(chosen == 3);
  CHECK_THAT(text, Contains("C1_conv,backward weight,last resort,1,"));
#ifdef CASTNET_HOST_CUDA
  CHECK_THAT(text, Contains(",yes,CUDNN_STATUS_SUCCESS,0,failed: CUDNN_STATUS_EXECUTION_FAILED\n"));
  CHECK_THAT(text, Contains(",no,CUDNN_STATUS_SUCCESS,64,not deterministic\n"));
#endif
}

}  // namespace castnet::test::algorithms
