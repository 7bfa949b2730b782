// What tests of training loops compare.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <vector>

#include "castnet_shared/sha256.hpp"
#include "train/loop.hpp"

namespace castnet::test {

/// Of a SoftmaxProgram's run.
inline const RunIdentity kIdentity{.name = "softmax",
                                   .variant = "",
                                   .spec_sha256 = "5eed",
                                   .data_sha256 = "da7a",
                                   .seed = 7,
                                   .epochs = 3};

/// Of drawn shapes.
inline const Split& ten_batches() {
  static const Split split = draw_shapes(true, 330, 70);
  return split;
}

/// What must not depend on interruptions: all but the times, to the digits of metrics.csv, and the
/// weights to the bit.
inline std::string figures(const TrainingState& state) {
  std::vector<EpochRow> rows = state.rows;
  for (EpochRow& row : rows) row.seconds = row.images_per_second = 0;
  return fmt::format("{} {} {}\n{}", state.best_epoch, state.best_correct, state.best_loss,
                     metrics_csv(rows));
}

/// All of a run's end that must be equal to the bit, and its figures.
inline std::string end_of(const TrainingLoop& loop, Program& program) {
  Sha256 hash;
  for (const std::span<const Real> arena : {program.parameters(), program.statistics(),
                                            program.optimizer_state(), program.averages()}) {
    hash.update({reinterpret_cast<const std::uint8_t*>(arena.data()), arena.size_bytes()});
  }
  return figures(loop.state()) + hash.hex();
}

}  // namespace castnet::test
