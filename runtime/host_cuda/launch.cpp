// A kernel's grid: its limits, and its blocks on the threads of the operating system.
#include <cstdint>
#include <sstream>

#include "host_cuda/block.hpp"
#include "host_cuda/counts.hpp"
#include "host_cuda/fail.hpp"
#include "host_cuda/fault.hpp"
#include "host_cuda/memory.hpp"
#include "host_cuda/stream.hpp"

namespace castnet::host_cuda {
namespace {

constexpr std::uint64_t kFewThreads = 8192;  // are not worth waking others for

bool within(dim3 size, unsigned x, unsigned y, unsigned z) {
  return size.x >= 1 && size.y >= 1 && size.z >= 1 && size.x <= x && size.y <= y && size.z <= z;
}

bool valid(dim3 grid, dim3 block) {
  return within(grid, 0x7fffffff, 65535, 65535) && within(block, 1024, 1024, 64) &&
         std::uint64_t{block.x} * block.y * block.z <= 1024;
}

void run(const Launch& launch) {
  const auto count = std::int64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
  const auto threads =
      static_cast<std::uint64_t>(count) * launch.block.x * launch.block.y * launch.block.z;
#pragma omp parallel for schedule(dynamic) if (count > 1 && threads > kFewThreads)
  for (std::int64_t i = 0; i < count; ++i) {
    prepare_fault_stack();
    const std::int64_t block = launch.reverse ? count - 1 - i : i;
    BlockRunner::of_this_thread().run(launch, static_cast<std::uint64_t>(block));
  }
  Memory::device().check_patterns(launch.kernel);
}

}  // namespace

void check_argument(const void* kernel, int index, const void* pointer) {
  const Memory& memory = Memory::device();
  // Of no bytes: a buffer may be empty, and stand at the end.
  if (pointer == nullptr || memory.on_device(pointer, 0) || memory.pinned(pointer, 0)) return;
  std::ostringstream text;
  text << "argument " << index << " of " << function_name(kernel) << ", " << pointer
       << ", is not in (live) device memory";
  fail(text.str());
}

cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel,
                   std::function<void()> thread) {
  if (kernel == nullptr) return result(cudaErrorInvalidValue);
  if (!valid(config.gridDim, config.blockDim)) return result(cudaErrorInvalidConfiguration);
  if (config.dynamicSmemBytes != 0 || config.numAttrs != 0)
    fail("dynamic shared memory and launch attributes are not modelled");
  if (const cudaError_t status = load(reinterpret_cast<std::uintptr_t>(kernel), config.stream))
    return result(status);
  ++counts.launches;
  return result(
      queue(config.stream, [launch = Launch{kernel, std::move(thread), config.gridDim,
                                            config.blockDim, reverse_order()}] { run(launch); }));
}

}  // namespace castnet::host_cuda
