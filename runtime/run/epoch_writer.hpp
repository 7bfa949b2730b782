// Writes an epoch's files while the next epochs are trained.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "run/checkpoint.hpp"

namespace castnet {

/// The files of an epoch, copied out of the program, which continues to train.
struct EpochFiles {
  TrainingState state;
  std::string last;                 ///< last.safetensors
  std::optional<std::string> best;  ///< best.safetensors, if there is a new best
};

/// A thread that writes the files of epochs. No two writes begin within `pause`. Files that arrive
/// meanwhile wait, and the next epoch's files replace them; a new best is kept.
class EpochWriter {
 public:
  using Write = std::function<void(const EpochFiles& files)>;

  /// `write` is called on the thread.
  explicit EpochWriter(Write write,
                       std::chrono::milliseconds pause = std::chrono::milliseconds{1000});
  /// Drops the waiting files.
  ~EpochWriter();
  EpochWriter(const EpochWriter&) = delete;
  EpochWriter& operator=(const EpochWriter&) = delete;

  /// Does not wait for a write. Throws the error of an earlier write; nothing is written then.
  void put(EpochFiles files);

  /// Waits until all files are written. Throws the error of a write.
  void flush();

 private:
  using Clock = std::chrono::steady_clock;

  void work();
  bool idle() const { return !current_ && !waiting_; }
  void rethrow();

  const Write write_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;  ///< protects all members below, except current_ while it is written
  std::condition_variable changed_;
  std::optional<EpochFiles> current_;  ///< files that are being written
  std::optional<EpochFiles> waiting_;
  Clock::time_point due_;  ///< earliest start of the next write
  bool flushing_ = false;
  bool ending_ = false;
  std::exception_ptr error_;
  std::thread thread_;  ///< the last member, because it uses all others
};

}  // namespace castnet
