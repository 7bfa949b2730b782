// Streams, events and graphs: work runs at once, or is recorded while its stream is captured.
#pragma once

#include <cuda_runtime.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace castnet::host_cuda {

using Work = std::function<void()>;

/// What one cudaStreamBeginCapture records, from its own stream and from those that join it.
struct Capture {
  cudaStream_t origin = nullptr;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  bool invalid = false;
  std::vector<Work> work;
  std::set<cudaStream_t> unjoined;  ///< streams with work that the origin does not wait for yet
};

}  // namespace castnet::host_cuda

struct CUstream_st {
  std::shared_ptr<castnet::host_cuda::Capture> capture;
};

struct CUevent_st {
  bool timed = true;
  bool recorded = false;
  std::chrono::steady_clock::time_point time;
  std::weak_ptr<castnet::host_cuda::Capture> capture;  ///< that it was last recorded in
  cudaStream_t stream = nullptr;                       ///< that it was last recorded on
  bool work_follows = false;                           ///< on that stream, since then
};

struct CUgraph_st {
  std::vector<castnet::host_cuda::Work> work;
};

struct CUgraphExec_st {
  std::vector<castnet::host_cuda::Work> work;
};

namespace castnet::host_cuda {

/// Remembers `status` for cudaGetLastError if it is an error, and returns it.
cudaError_t result(cudaError_t status);

/// Runs `work` with device memory open, or records it if `stream` is captured.
cudaError_t queue(cudaStream_t stream, Work work);

/// What a call that may not happen during a capture returns: an error, and that capture is then
/// invalid; or cudaSuccess if nothing is captured. `stream`: the only stream that the call
/// concerns.
cudaError_t refuse_in_capture(cudaStream_t stream);
cudaError_t refuse_in_any_capture();

bool capturing(cudaStream_t stream);

/// Loads `code`, a kernel or what else must be loaded before it runs, for a launch on `stream`. The
/// first time must not be while the stream is captured, unless CUDA_MODULE_LOADING=EAGER has all
/// code loaded from the start.
cudaError_t load(std::uintptr_t code, cudaStream_t stream);

/// Streams, events, graphs and executable graphs that were not destroyed yet.
std::size_t live_handles();

}  // namespace castnet::host_cuda
