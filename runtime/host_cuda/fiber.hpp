// Threads of a block: each can stop in the middle and go on later.
#pragma once

#include <ucontext.h>

#include <cstddef>

namespace castnet::host_cuda {

/// A stack of its own with a guard page, on the thread of the operating system that made it.
class Fiber {
 public:
  using Body = void (*)(void* argument);

  /// `body` runs at the first resume() and must never return.
  Fiber(Body body, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Called outside: goes on with the fiber until it calls suspend().
  void resume();

  /// Called on the fiber: goes back to who called resume().
  void suspend();

  /// Whether `address` is in the page that a stack runs into when it overflows.
  bool guards(const void* address) const;

 private:
  static void start(unsigned high, unsigned low);

  // What __builtin_setjmp keeps: unlike swapcontext it needs no call of the kernel.
  using Jump = void* [5];
  struct Stack {
    const void* bottom = nullptr;
    std::size_t size = 0;
  };

  Body body_;
  void* argument_;
  char* memory_ = nullptr;
  bool started_ = false;
  ucontext_t context_ = {};
  Jump outside_ = {};
  Jump inside_ = {};
  Stack caller_;  // for AddressSanitizer
};

}  // namespace castnet::host_cuda
