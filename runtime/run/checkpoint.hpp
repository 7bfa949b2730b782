// Checkpoints: a program's values, and its state in the run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/program.hpp"
#include "report/metrics.hpp"
#include "run/build.hpp"
#include "run/safetensors.hpp"

namespace castnet {

/// An error: the checkpoint belongs to another run than the one that should continue.
class MismatchError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The facts that determine a run's bits. A checkpoint continues only a run with the same identity.
struct RunIdentity {
  std::string name;
  std::string variant;
  std::string spec_sha256;
  std::string data_sha256;
  std::uint64_t seed = 0;
  int epochs = 0;
  bool operator==(const RunIdentity&) const = default;
};

/// The state of a run, beside the program's own values.
struct TrainingState {
  std::uint64_t step = 0;      ///< updates so far
  std::uint32_t epoch = 0;     ///< the current epoch, from 0; the number of epochs when finished
  std::uint64_t position = 0;  ///< completed steps of the current epoch
  double loss_sum = 0;         ///< sum over the current epoch's images
  std::uint64_t correct = 0;   ///< likewise
  double seconds = 0;          ///< likewise
  int best_epoch = 0;          ///< from 1; 0: none yet
  std::uint64_t best_correct = 0;
  double best_loss = 0;
  std::vector<EpochRow> rows = {};     ///< rows of metrics.csv for the finished epochs
  std::vector<BuildSpan> builds = {};  ///< builds that trained it
};

/// The best epoch's row. There must be one.
inline const EpochRow& best_epoch(const TrainingState& state) {
  return state.rows[static_cast<std::size_t>(state.best_epoch - 1)];
}

/// The evaluated weights (weights.hpp), named and shaped as in PyTorch: best.safetensors.
SafeTensors weights_file(Program& program, const RunIdentity& identity);

/// The trained weights likewise, the optimiser's state (`castnet.optimizer_state`, flat), the
/// averages if there are any (`castnet.averages`: parameters, then running statistics, flat) and
/// the training state in the metadata; floating-point sums in hexadecimal, so that they return to
/// the bit. The metadata's `sha256` is that of the file without it.
SafeTensors state_file(Program& program, const RunIdentity& identity, const TrainingState& state);

/// Copies the weights of either file into the program, which then evaluates to the run's figures.
/// PyTorch's num_batches_tracked are ignored. Throws CheckpointError if others are missing, unknown
/// or of another shape or type, with their names and both shapes, or if the check sum does not
/// match the contents.
void load_weights(const SafeTensors& file, Program& program, const std::string& file_name);

/// Copies all values of a state_file into the program and returns the training state. Throws
/// CheckpointError like load_weights, and also if there is no check sum or a figure is impossible.
/// Throws MismatchError if the file belongs to another run.
TrainingState load_state(const SafeTensors& file, Program& program, const RunIdentity& identity,
                         const std::string& file_name);

/// The seed and number of epochs of a state file. Throws CheckpointError.
RunIdentity stored_identity(const SafeTensors& file, const std::string& file_name);

/// The largest size of a checkpoint in bytes.
inline constexpr std::uint64_t kMostCheckpoint = std::uint64_t{1} << 30;

/// Reads and validates a safetensors file. Throws FileError, CheckpointError.
SafeTensors read_checkpoint(const std::filesystem::path& path);

/// Loads a run's best.safetensors. Throws CheckpointError if it does not fit, or if it does not
/// belong to the state's best epoch.
void load_best(const SafeTensors& file, Program& program, const TrainingState& state,
               const std::string& file_name);

/// SHA-256 over the evaluated weights: all parameters, then all running statistics, in order.
std::string weights_sha256(Program& program);

}  // namespace castnet
