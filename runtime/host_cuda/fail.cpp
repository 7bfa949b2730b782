#include "host_cuda/fail.hpp"

#include <cuda_runtime.h>
#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace castnet::host_cuda {

constinit thread_local const void* running_kernel = nullptr;

std::string function_name(const void* address) {
  Dl_info found = {};
  std::ostringstream text;
  if (dladdr(address, &found) == 0 || found.dli_sname == nullptr) {
    text << "the function at " << address;
    return text.str();
  }
  int status = 0;
  char* name = abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, &status);
  text << (status == 0 ? name : found.dli_sname);
  std::free(name);
  return text.str();
}

namespace {
std::string to_text(uint3 index) {
  return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " +
         std::to_string(index.z) + ")";
}

std::string place() {
  if (running_kernel == nullptr) return "";
  return "kernel " + function_name(running_kernel) + ", block " + to_text(blockIdx) + ", thread " +
         to_text(threadIdx) + ": ";
}
}  // namespace

void fail(const std::string& message) {
  std::fprintf(stderr, "host_cuda: %s%s\n", place().c_str(), message.c_str());
  std::abort();
}

}  // namespace castnet::host_cuda
