// A program that computes on the host, block of images by block.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/program.hpp"

namespace castnet {

/// Some numbers of each image of a batch: row-major, a row of them a block of 16 images.
template <int Blocks, int Numbers>
using PerImage = std::array<std::array<Real, std::size_t{16} * Numbers>, Blocks>;

class BlockProgram : public Program {
 protected:
  template <class PerImage>
  static auto flat(PerImage& numbers) {
    return std::span(numbers.front().data(), numbers.size() * numbers.front().size());
  }

  /// Calls run(block) for `count` blocks, shared out among OpenMP's threads. Each block is one
  /// thread's, and mostly the same thread's each time: what a block's operations hand on stays in
  /// that core's cache.
  template <class Run>
  void each_block(int count, const Run& run) {
#pragma omp parallel
    {
#pragma omp for schedule(static) nowait
      for (int block = 0; block < count; ++block) run(block);
      layer(nullptr);
    }
  }
};

}  // namespace castnet
