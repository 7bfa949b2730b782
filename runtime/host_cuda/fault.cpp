#include "host_cuda/fault.hpp"

#include <csignal>
#include <cstddef>
#include <memory>
#include <string>

#include "host_cuda/block.hpp"
#include "host_cuda/fail.hpp"
#include "host_cuda/memory.hpp"

namespace castnet::host_cuda {
namespace {

constexpr std::size_t kHandlerStack = 128 * 1024;
struct sigaction previous = {};

struct FaultStack {
  std::unique_ptr<char[]> memory{new char[kHandlerStack]};
  stack_t before = {};
  FaultStack() {
    stack_t stack = {};
    stack.ss_sp = memory.get();
    stack.ss_size = kHandlerStack;
    sigaltstack(&stack, &before);
  }
  ~FaultStack() { sigaltstack(&before, nullptr); }
};

// The program ends here in any case: that this calls what a handler may not call is accepted.
void on_fault(int, siginfo_t* info, void*) {
  if (running_kernel != nullptr && BlockRunner::of_this_thread().overflows(info->si_addr))
    fail("the stack of a kernel's thread is used up");
  const std::string where = Memory::device().describe(info->si_addr);
  if (!where.empty() && running_kernel != nullptr) fail("access to " + where);
  if (!where.empty())
    fail("the host accesses " + where + ": only kernels, cudaMemcpy and cuDNN can");
  sigaction(SIGSEGV, &previous, nullptr);  // on return the access faults again
}

}  // namespace

void install_fault_handler() {
  struct sigaction current = {};
  sigaction(SIGSEGV, nullptr, &current);
  if ((current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == on_fault) return;
  previous = current;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, nullptr);
}

void prepare_fault_stack() { static thread_local FaultStack stack; }

}  // namespace castnet::host_cuda
