#include "run/epoch_writer.hpp"

#include <utility>

namespace castnet {

EpochWriter::EpochWriter(Write write, std::chrono::milliseconds pause)
    : write_(std::move(write)), pause_(pause), thread_([this] { work(); }) {}

EpochWriter::~EpochWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void EpochWriter::put(EpochFiles files) {
  const std::lock_guard lock(mutex_);
  rethrow();
  if (idle() && Clock::now() >= due_) {
    current_ = std::move(files);
  } else {
    if (waiting_ && !files.best) files.best = std::move(waiting_->best);
    waiting_ = std::move(files);
  }
  changed_.notify_all();
}

void EpochWriter::flush() {
  std::unique_lock lock(mutex_);
  flushing_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return idle(); });
  flushing_ = false;
  rethrow();
}

/// An error is told once.
void EpochWriter::rethrow() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void EpochWriter::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !idle(); });
    if (!current_) changed_.wait_until(lock, due_, [this] { return ending_ || flushing_; });
    if (ending_) return;
    if (!current_) current_ = std::exchange(waiting_, std::nullopt);
    due_ = Clock::now() + pause_;
    lock.unlock();
    std::exception_ptr error;
    try {
      write_(*current_);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    current_.reset();
    if (error) {
      error_ = error;
      waiting_.reset();
    }
    changed_.notify_all();
  }
}

}  // namespace castnet
