// The networks of small.yaml for both targets, and how they are trained.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <memory>
#include <string>

#include "../catch.hpp"
#include "../host_cuda_test/environment.hpp"
#include "../runtime/loop_support.hpp"
#include "cuda/device_program.hpp"
#include "train/initialise.hpp"

namespace castnet::generated {
std::unique_ptr<Program> make_small();
std::unique_ptr<Program> make_small_group();
std::unique_ptr<Program> make_small_layer();
std::unique_ptr<Program> make_small_averaged();
namespace cuda {
std::unique_ptr<Program> make_small();
std::unique_ptr<Program> make_small_group();
std::unique_ptr<Program> make_small_layer();
std::unique_ptr<Program> make_small_averaged();
}  // namespace cuda
}  // namespace castnet::generated

namespace castnet::test {

/// A network for both targets.
struct Pair {
  const char* name;
  std::unique_ptr<Program> (*cpu)();
  std::unique_ptr<Program> (*cuda)();
};

inline const Pair kPairs[] = {
    {"batch", generated::make_small, generated::cuda::make_small},
    {"group", generated::make_small_group, generated::cuda::make_small_group},
    {"layer", generated::make_small_layer, generated::cuda::make_small_layer},
    {"averaged", generated::make_small_averaged, generated::cuda::make_small_averaged}};

/// 10 steps an epoch: a graph of eight and two of one; three batches of the evaluation, the last of
/// which is not full.
inline constexpr std::uint64_t kSteps = 10;
inline constexpr int kLaunches = 3;
inline constexpr int kBatches = 3;
inline const Split& small_split() {
  static const Split split = draw_shapes(true, 170, 40);
  return split;
}

inline const RunIdentity kPairIdentity{.name = "small",
                                       .variant = "",
                                       .spec_sha256 = "5eed",
                                       .data_sha256 = "da7a",
                                       .seed = 7,
                                       .epochs = 2};

/// A program at the start of a run, and its loop. On the device, what nobody has written is NaN.
struct Run {
  std::unique_ptr<Program> program;
  Progress progress{Progress::Style::quiet};
  TrainingLoop loop;

  explicit Run(std::unique_ptr<Program> (*make)(), const RunIdentity& identity = kPairIdentity)
      : program(make()), loop(*program, small_split(), identity, progress) {
    initialise(*program, identity.seed);
    if (auto* device = dynamic_cast<cuda::DeviceProgram*>(program.get())) {
      device->network().fill_with_nan();
    }
  }
};

}  // namespace castnet::test
