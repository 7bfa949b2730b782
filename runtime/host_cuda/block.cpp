#include "host_cuda/block.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "host_cuda/fail.hpp"

constinit thread_local uint3 threadIdx = {};
constinit thread_local uint3 blockIdx = {};
constinit thread_local dim3 blockDim;
constinit thread_local dim3 gridDim;

namespace castnet::host_cuda {

bool reverse_order() {
  const char* order = std::getenv("CASTNET_HOST_CUDA_ORDER");
  if (order == nullptr || std::strcmp(order, "forward") == 0) return false;
  if (std::strcmp(order, "reverse") == 0) return true;
  fail(std::string("CASTNET_HOST_CUDA_ORDER is forward or reverse, not ") + order);
}

namespace {

bool same(const Place& a, const Place& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         std::strcmp(a.file_name(), b.file_name()) == 0;
}

std::string to_text(const Place& place) {
  return std::string(place.file_name()) + ":" + std::to_string(place.line());
}

uint3 unfold(std::uint64_t number, dim3 size) {
  const std::uint64_t x = number % size.x, rest = number / size.x;
  return {static_cast<unsigned>(x), static_cast<unsigned>(rest % size.y),
          static_cast<unsigned>(rest / size.y)};
}

int directed(int index, int count, bool reverse) { return reverse ? count - 1 - index : index; }

}  // namespace

BlockRunner& BlockRunner::of_this_thread() {
  static thread_local BlockRunner runner;
  return runner;
}

template <class Function>
void BlockRunner::each_warp(Function function) {
  const int warps = (count_ + kWarp - 1) / kWarp;
  for (int i = 0; i < warps; ++i) {
    const int first = directed(i, warps, reverse_) * kWarp;
    function(first, std::min(kWarp, count_ - first));
  }
}

void BlockRunner::run(const Launch& launch, std::uint64_t block) {
  launch_ = &launch;
  reverse_ = launch.reverse;
  count_ = static_cast<int>(launch.block.x * launch.block.y * launch.block.z);
  threads_.assign(static_cast<std::size_t>(count_), {});
  arrived_.assign(static_cast<std::size_t>((count_ + kWarp - 1) / kWarp), 0);
  blockIdx = unfold(block, launch.grid);
  blockDim = launch.block;
  gridDim = launch.grid;
  running_kernel = launch.kernel;
  each_warp([this](int first, int lanes) { start_warp(first, lanes); });
  const auto is = [](State state) { return [state](const Thread& t) { return t.state == state; }; };
  while (!std::all_of(threads_.begin(), threads_.end(), is(State::done))) {
    release_barrier();
    each_warp([this](int first, int lanes) { settle_warp(first, lanes); });
  }
  running_kernel = nullptr;
  fiber_ = nullptr;
}

void BlockRunner::body(void* self) { static_cast<BlockRunner*>(self)->work(); }

// On a fiber: starts threads of the warp until one waits, or none is left.
void BlockRunner::work() {
  Fiber* const self = fiber_;
  for (;;) {
    while (next_ != lanes_) {
      enter(warp_ + directed(next_++, lanes_, reverse_));
      launch_->thread();
      threads_[static_cast<std::size_t>(running_)].state = State::done;
    }
    idle_.push_back(self);
    self->suspend();
  }
}

void BlockRunner::enter(int thread) {
  running_ = thread;
  threadIdx = unfold(static_cast<std::uint64_t>(thread), launch_->block);
  threads_[static_cast<std::size_t>(thread)].state = State::running;
}

void BlockRunner::start_warp(int first, int lanes) {
  warp_ = first;
  next_ = 0;
  lanes_ = lanes;
  while (next_ != lanes_) {
    if (idle_.empty()) {
      fibers_.push_back(std::make_unique<Fiber>(&BlockRunner::body, this));
      idle_.push_back(fibers_.back().get());
    }
    fiber_ = idle_.back();
    idle_.pop_back();
    fiber_->resume();
  }
  settle_warp(first, lanes);
}

// Runs lanes until each of them is done, or waits for another warp.
void BlockRunner::settle_warp(int first, int lanes) {
  for (bool progress = true; progress;) {
    progress = false;
    for (int i = 0; i < lanes; ++i) {
      const int thread = first + directed(i, lanes, reverse_);
      const Thread& t = threads_[static_cast<std::size_t>(thread)];
      if (t.state != State::ready) continue;
      enter(thread);
      fiber_ = t.fiber;
      fiber_->resume();
      progress = true;
    }
  }
}

void BlockRunner::suspend(State state, const Place& place) {
  Thread& t = threads_[static_cast<std::size_t>(running_)];
  t.state = state;
  t.place = place;
  t.fiber = fiber_;
  fiber_->suspend();
}

void BlockRunner::wait_for_block(const Place& place) { suspend(State::at_barrier, place); }

void BlockRunner::release_barrier() {
  const Place& place = threads_.front().place;
  for (const Thread& t : threads_) {
    if (t.state == State::in_warp)
      fail_divergent("lanes wait for others of their warp, which do not come");
    if (t.state != State::at_barrier) fail_divergent("some threads wait, others have ended");
    if (!same(t.place, place)) fail_divergent("threads wait at different barriers");
  }
  for (Thread& t : threads_) t.state = State::ready;
}

void BlockRunner::fail_divergent(const char* what) const {
  std::string text = std::string("divergent barrier: ") + what + ":";
  const auto describe = [&](const char* state, const Place* place, auto&& is) {
    const auto number = std::count_if(threads_.begin(), threads_.end(), is);
    if (number == 0) return;
    text += "\n  " + std::to_string(number) + " " + state;
    if (place != nullptr) text += " at " + to_text(*place);
  };
  std::vector<const Thread*> seen;
  for (const Thread& t : threads_) {
    if (t.state == State::done) continue;
    const auto like = [&t](const Thread& other) {
      return other.state == t.state && same(other.place, t.place);
    };
    if (std::any_of(seen.begin(), seen.end(), [&](const Thread* other) { return like(*other); }))
      continue;
    seen.push_back(&t);
    describe(t.state == State::at_barrier ? "in __syncthreads()" : "in a shuffle or __syncwarp()",
             &t.place, like);
  }
  describe("ended", nullptr, [](const Thread& t) { return t.state == State::done; });
  fail(text);
}

void BlockRunner::check_lanes(int first, unsigned mask) const {
  if (mask != 0xffffffffu)
    fail("shuffles and __syncwarp need the mask 0xffffffff and the width 32 here");
  if (count_ - first < kWarp)
    fail("the last warp has only " + std::to_string(count_ - first) +
         " threads, and a shuffle or __syncwarp with the full mask waits for 32");
}

std::uint64_t BlockRunner::exchange(unsigned mask, std::uint64_t bits, int source,
                                    const Place& place) {
  const int first = running_ / kWarp * kWarp;
  check_lanes(first, mask);
  Thread* const lanes = &threads_[static_cast<std::size_t>(first)];
  Thread& own = threads_[static_cast<std::size_t>(running_)];
  const unsigned slot = own.exchanges++ % 2;
  own.bits[slot] = bits;
  own.place = place;
  int& arrived = arrived_[static_cast<std::size_t>(first / kWarp)];
  if (++arrived == kWarp) {
    arrived = 0;
    for (int i = 0; i < kWarp; ++i) {
      if (&lanes[i] == &own) continue;
      if (!same(lanes[i].place, place))
        fail_divergent("lanes of a warp wait in different shuffles");
      lanes[i].state = State::ready;
    }
  } else {
    suspend(State::in_warp, place);
  }
  return lanes[source].bits[slot];
}

void synchronise_block(const Place& place) { BlockRunner::of_this_thread().wait_for_block(place); }
std::uint64_t exchange(unsigned mask, std::uint64_t bits, int source, const Place& place) {
  return BlockRunner::of_this_thread().exchange(mask, bits, source, place);
}
int lane() { return BlockRunner::of_this_thread().lane(); }

}  // namespace castnet::host_cuda
