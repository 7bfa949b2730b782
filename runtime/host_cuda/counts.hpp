// What a program has asked of the host implementation so far, for tests of what it must not ask.
#pragma once

#include <cstdint>

namespace castnet::host_cuda {

struct Counts {
  std::uint64_t allocations = 0;  ///< of device memory and of pinned memory
  /// Calls after which the host may rely on work of the device: synchronisations, and copies
  /// between the device and memory that is not pinned.
  std::uint64_t waits = 0;
  std::uint64_t graphs = 0;  ///< that were launched
  std::uint64_t launches =
      0;  ///< of kernels, those within a capture once; cuDNN's own are not told
};

/// Of this process. Calls come from one thread.
inline Counts counts;

}  // namespace castnet::host_cuda
