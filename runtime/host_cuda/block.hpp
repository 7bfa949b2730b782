// Runs the threads of one block.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <memory>
#include <vector>

#include "host_cuda/fiber.hpp"

namespace castnet::host_cuda {

inline constexpr int kWarp = 32;

/// A kernel with its arguments and its grid.
struct Launch {
  const void* kernel = nullptr;
  std::function<void()> thread;  ///< runs the thread threadIdx of blockIdx
  dim3 grid;
  dim3 block;
  bool reverse = false;  ///< the last block, warp and lane first
};

/// CASTNET_HOST_CUDA_ORDER=reverse: the last block, warp and lane first.
bool reverse_order();

/// Threads that never wait run one after another on one fiber; a thread that waits keeps the fiber
/// that it is on, and the others go on with the next.
class BlockRunner {
 public:
  /// The runner of this thread of the operating system.
  static BlockRunner& of_this_thread();

  /// Runs every thread of the block number `block`. Fails if threads wait for what never comes.
  void run(const Launch& launch, std::uint64_t block);

  void wait_for_block(const Place& place);
  std::uint64_t exchange(unsigned mask, std::uint64_t bits, int source, const Place& place);
  int lane() const { return running_ % kWarp; }

  /// Whether `address` is where the stack of the running thread ends.
  bool overflows(const void* address) const { return fiber_ && fiber_->guards(address); }

 private:
  enum class State { fresh, ready, running, at_barrier, in_warp, done };
  struct Thread {
    State state = State::fresh;
    Fiber* fiber = nullptr;
    Place place;
    std::uint64_t bits[2] = {};  // of two exchanges: a lane can be one ahead of another
    unsigned exchanges = 0;
  };

  static void body(void* self);
  void work();
  void enter(int thread);
  void start_warp(int first, int lanes);
  void settle_warp(int first, int lanes);
  void suspend(State state, const Place& place);
  void release_barrier();
  void check_lanes(int first, unsigned mask) const;
  [[noreturn]] void fail_divergent(const char* what) const;
  template <class Function>
  void each_warp(Function function);

  const Launch* launch_ = nullptr;
  bool reverse_ = false;
  int count_ = 0;
  std::vector<Thread> threads_;
  std::vector<int> arrived_;             // lanes of each warp that wait in an exchange
  int warp_ = 0, next_ = 0, lanes_ = 0;  // the warp that starts: its first thread, who is next
  int running_ = 0;
  Fiber* fiber_ = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
};

}  // namespace castnet::host_cuda
