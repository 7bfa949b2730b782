#include "host_cuda/fiber.hpp"

#include <sys/mman.h>

#include <cstdint>

#include "host_cuda/fail.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define CASTNET_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CASTNET_ASAN 1
#endif
#endif

#ifdef CASTNET_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace castnet::host_cuda {
namespace {

constexpr std::size_t kPage = 4096;
#ifdef CASTNET_ASAN
constexpr std::size_t kStack = 256 * 1024;
#else
constexpr std::size_t kStack = 64 * 1024;
#endif

// AddressSanitizer wants to know when the stack changes.
void* leave([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
  void* fake = nullptr;
#ifdef CASTNET_ASAN
  __sanitizer_start_switch_fiber(&fake, bottom, size);
#endif
  return fake;
}

void arrive([[maybe_unused]] void* fake, [[maybe_unused]] const void** bottom,
            [[maybe_unused]] std::size_t* size) {
#ifdef CASTNET_ASAN
  __sanitizer_finish_switch_fiber(fake, bottom, size);
#endif
}

// In a function of its own: a function cannot jump to itself.
[[gnu::noinline, noreturn]] void jump(void** to) { __builtin_longjmp(to, 1); }

}  // namespace

Fiber::Fiber(Body body, void* argument) : body_(body), argument_(argument) {
  void* memory = mmap(nullptr, kPage + kStack, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fail("no memory for the stack of a kernel's thread");
  memory_ = static_cast<char*>(memory);
  mprotect(memory_, kPage, PROT_NONE);
  getcontext(&context_);
  context_.uc_stack.ss_sp = memory_ + kPage;
  context_.uc_stack.ss_size = kStack;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::start), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
}

Fiber::~Fiber() { munmap(memory_, kPage + kStack); }

bool Fiber::guards(const void* address) const {
  return address >= memory_ && address < memory_ + kPage;
}

void Fiber::start(unsigned high, unsigned low) {
  auto* self = reinterpret_cast<Fiber*>(std::uintptr_t{high} << 32 | low);
  arrive(nullptr, &self->caller_.bottom, &self->caller_.size);
  self->body_(self->argument_);
  fail("the body of a fiber returned");
}

[[gnu::noinline]] void Fiber::resume() {
  void* const fake = leave(memory_ + kPage, kStack);
  if (__builtin_setjmp(outside_) == 0) {
    if (started_) jump(inside_);
    started_ = true;
    setcontext(&context_);
  }
  arrive(fake, nullptr, nullptr);
}

[[gnu::noinline]] void Fiber::suspend() {
  void* const fake = leave(caller_.bottom, caller_.size);
  if (__builtin_setjmp(inside_) == 0) jump(outside_);
  arrive(fake, &caller_.bottom, &caller_.size);
}

}  // namespace castnet::host_cuda
