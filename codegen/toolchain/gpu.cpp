#include "toolchain/gpu.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <memory>

namespace castnet::codegen {
namespace {

constexpr char kDriver[] = "libcuda.so.1";

struct Close {
  void operator()(void* library) const { dlclose(library); }
};
using Library = std::unique_ptr<void, Close>;

// The CUDA driver API (cuda.h): CUresult is an int, and 0 means success.
using CuInit = int(unsigned);
using CuDeviceCount = int(int*);
using CuErrorString = int(int, const char**);

template <class Function>
Function* symbol(const Library& library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library.get(), name));
}

}  // namespace

std::optional<std::string> why_no_gpu() {
  const Library driver(dlopen(kDriver, RTLD_NOW | RTLD_LOCAL));
  if (!driver) return fmt::format("the NVIDIA driver's {} is not installed", kDriver);
  auto* const init = symbol<CuInit>(driver, "cuInit");
  auto* const device_count = symbol<CuDeviceCount>(driver, "cuDeviceGetCount");
  auto* const error_string = symbol<CuErrorString>(driver, "cuGetErrorString");
  if (!init || !device_count || !error_string) return fmt::format("{} is no CUDA driver", kDriver);
  int count = 0;
  int status = init(0);
  if (status == 0) status = device_count(&count);
  if (status != 0) {
    const char* text = nullptr;
    error_string(status, &text);
    return fmt::format("the driver says: {}", text ? text : fmt::format("error {}", status));
  }
  if (count == 0) return "the driver sees no device";
  return {};
}

}  // namespace castnet::codegen
