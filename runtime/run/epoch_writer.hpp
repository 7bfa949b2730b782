// Writing an epoch's files while the next epochs are trained.
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

/// What an epoch leaves in a run directory, copied out of the program, which trains on.
struct EpochFiles {
  TrainingState state;
  std::string last;                 ///< last.safetensors
  std::optional<std::string> best;  ///< best.safetensors, if there is a new best
};

/// A thread that writes epochs' files. No two writes begin within `pause`: what comes meanwhile
/// waits, and the next epoch's files take its place. A new best is kept through that.
class EpochWriter {
 public:
  using Write = std::function<void(const EpochFiles& files)>;

  /// `write` is called on the thread.
  explicit EpochWriter(Write write,
                       std::chrono::milliseconds pause = std::chrono::milliseconds{1000});
  /// Drops what waits.
  ~EpochWriter();
  EpochWriter(const EpochWriter&) = delete;
  EpochWriter& operator=(const EpochWriter&) = delete;

  /// Waits for no write. Throws what an earlier one threw; nothing is written then.
  void put(EpochFiles files);

  /// Waits until nothing is left to write. Throws what a write threw.
  void flush();

 private:
  using Clock = std::chrono::steady_clock;

  void work();
  bool idle() const { return !current_ && !waiting_; }
  void rethrow();

  const Write write_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;  ///< of all below but current_ while it is written
  std::condition_variable changed_;
  std::optional<EpochFiles> current_;  ///< to be written at once
  std::optional<EpochFiles> waiting_;
  Clock::time_point due_;  ///< no write begins before
  bool flushing_ = false;
  bool ending_ = false;
  std::exception_ptr error_;
  std::thread thread_;  ///< the last: it uses all others
};

}  // namespace castnet
