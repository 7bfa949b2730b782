// The generated programs under test, and how they are fed.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/philox.hpp"
#include "core/program.hpp"
#include "core/targets.hpp"
#include "train/initialise.hpp"

namespace castnet::generated {
std::unique_ptr<Program> make_tiny();
std::unique_ptr<Program> make_tiny_group();
std::unique_ptr<Program> make_tiny_layer();
std::unique_ptr<Program> make_tiny_averaged();
}  // namespace castnet::generated

namespace castnet::test {

using Make = std::unique_ptr<Program> (*)();

inline const std::vector<std::pair<std::string, Make>> kPrograms{
    {"batch", generated::make_tiny},
    {"group", generated::make_tiny_group},
    {"layer", generated::make_tiny_layer},
    {"averaged", generated::make_tiny_averaged}};

/// Images whose pattern tells the class, with noise.
inline void fill(Program& program) {
  const ProgramInfo& info = program.info();
  const auto pixels = static_cast<std::uint32_t>(info.channels * info.height * info.width);
  for (int slot = 0; slot < info.batch; ++slot) {
    const auto index = static_cast<std::uint32_t>(slot);
    const ImageSlot image = program.image(slot);
    const int label = slot % info.classes;
    for (std::uint32_t i = 0; i < pixels; ++i) {
      // What survives every norm and the global pooling: stripes, as wide as the class says, more
      // of them in one channel than in the others.
      const auto channel = static_cast<int>(i) / (info.height * info.width);
      const auto column = static_cast<int>(i) % info.width;
      const double height = channel == label % 3 ? 2.0 : 0.5;
      const double noise = 0.2 * static_cast<double>(uniform(philox({index, i, 0, 9}, 1)[0]));
      image.first[static_cast<std::ptrdiff_t>(i) * image.stride] =
          static_cast<Real>(height * std::sin(0.25 * (label + 1) * column) + noise);
    }
    set_target(program, index, label);
    program.samples()[index] = index;
  }
}

/// A program at the start of a run, with a batch to train on.
inline std::unique_ptr<Program> prepared(Make make) {
  auto program = make();
  initialise(*program, 1);
  fill(*program);
  return program;
}

/// `count` steps on that batch, after `before` others.
inline void steps(Program& program, int count, int before = 0) {
  for (int i = before; i < before + count; ++i) {
    const Step step{.seed = 3,
                    .epoch = static_cast<std::uint32_t>(i),
                    .number = static_cast<std::uint64_t>(i) + 1,
                    .learning_rate = 0.05};
    program.forward(Mode::train, step);
    program.backward(step);
    program.update(step);
  }
}

}  // namespace castnet::test
