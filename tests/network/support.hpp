// How the networks in float64 are fed.
#pragma once

#include <cstdint>
#include <memory>

#include "core/philox.hpp"
#include "core/program.hpp"
#include "core/targets.hpp"

namespace castnet::test {

using Make = std::unique_ptr<Program> (*)();

static_assert(sizeof(Real) == 8, "this test needs float64");

inline const Step kStep{.seed = 7, .epoch = 3, .number = 1, .learning_rate = 0.1};

inline double noise(std::uint32_t a, std::uint32_t b) {
  return 2.0 * static_cast<double>(uniform(philox({a, b, 0, 99}, 5)[0])) - 1.0;
}

/// Images, targets, samples and parameters.
inline void fill(Program& program) {
  const ProgramInfo& info = program.info();
  for (int slot = 0; slot < info.batch; ++slot) {
    const ImageSlot image = program.image(slot);
    const int pixels = info.channels * info.height * info.width;
    for (int i = 0; i < pixels; ++i) {
      image.first[i * image.stride] =
          noise(static_cast<std::uint32_t>(slot), static_cast<std::uint32_t>(i));
    }
    set_target(program, static_cast<std::size_t>(slot), slot % info.classes, 0.1);
    program.samples()[static_cast<std::size_t>(slot)] = static_cast<std::uint32_t>(100 + slot);
  }
  std::uint32_t tensor = 1000;
  for (const TensorInfo& info_row : info.parameters) {
    ++tensor;
    for (std::size_t i = 0; i < info_row.elements; ++i) {
      // Around the initial value, never exactly on it: a bias of 0 would put ReLUs on their kink.
      const double spread = info_row.bound > 0 ? info_row.bound : 0.3;
      program.parameters()[info_row.offset + i] =
          info_row.centre + spread * noise(tensor, static_cast<std::uint32_t>(i));
    }
  }
}

}  // namespace castnet::test
