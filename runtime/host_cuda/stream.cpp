#include "host_cuda/stream.hpp"

#include <cstdlib>
#include <cstring>

#include "host_cuda/counts.hpp"
#include "host_cuda/handles.hpp"
#include "host_cuda/memory.hpp"

namespace castnet::host_cuda {
namespace {

constexpr unsigned kStreamFlags = cudaStreamNonBlocking;
constexpr unsigned kEventFlags = cudaEventBlockingSync | cudaEventDisableTiming;

// The null stream is always there, and cannot be captured.
bool known(cudaStream_t stream) { return stream == nullptr || handles<CUstream_st>().has(stream); }

// Null means any. A relaxed capture minds nothing that is not done to its own streams.
cudaError_t invalidate(cudaStream_t stream) {
  cudaError_t status = cudaSuccess;
  for (const auto& [handle, object] : handles<CUstream_st>()) {
    if (!object->capture || (stream != nullptr && stream != handle)) continue;
    if (stream == nullptr && object->capture->mode == cudaStreamCaptureModeRelaxed) continue;
    object->capture->invalid = true;
    status = cudaErrorStreamCaptureUnsupported;
  }
  return status;
}

cudaError_t wait(CUstream_st& stream, const CUevent_st& event) {
  const auto capture = event.capture.lock();
  if (!capture) {
    if (stream.capture && event.recorded) {
      stream.capture->invalid = true;
      return cudaErrorStreamCaptureIsolation;
    }
    return cudaSuccess;
  }
  if (stream.capture && stream.capture != capture) {
    stream.capture->invalid = true;
    return cudaErrorStreamCaptureIsolation;
  }
  stream.capture = capture;
  if (event.stream != &stream && !event.work_follows) capture->unjoined.erase(event.stream);
  if (&stream != capture->origin) capture->unjoined.insert(&stream);
  return cudaSuccess;
}

}  // namespace

bool capturing(cudaStream_t stream) { return stream != nullptr && stream->capture != nullptr; }

cudaError_t refuse_in_capture(cudaStream_t stream) {
  if (stream == nullptr) return refuse_in_any_capture();
  return capturing(stream) ? invalidate(stream) : cudaSuccess;
}

cudaError_t refuse_in_any_capture() { return invalidate(nullptr); }

cudaError_t load(std::uintptr_t code, cudaStream_t stream) {
  static std::set<std::uintptr_t> loaded;
  const char* const loading = std::getenv("CUDA_MODULE_LOADING");
  if (loading != nullptr && std::strcmp(loading, "EAGER") == 0) return cudaSuccess;
  if (loaded.contains(code)) return cudaSuccess;
  if (const cudaError_t status = refuse_in_capture(stream)) return status;
  loaded.insert(code);
  return cudaSuccess;
}

cudaError_t queue(cudaStream_t stream, Work work) {
  if (!known(stream)) return cudaErrorInvalidResourceHandle;
  if (stream == nullptr && refuse_in_any_capture() != cudaSuccess)
    return cudaErrorStreamCaptureImplicit;
  if (!capturing(stream)) {
    const DeviceWork working;
    work();
    return cudaSuccess;
  }
  Capture& capture = *stream->capture;
  if (capture.invalid) return cudaErrorStreamCaptureInvalidated;
  capture.work.push_back(std::move(work));
  if (stream != capture.origin) capture.unjoined.insert(stream);
  for (const auto& [handle, event] : handles<CUevent_st>()) {
    if (event->stream == stream) event->work_follows = true;
  }
  return cudaSuccess;
}

std::size_t live_handles() {
  return handles<CUstream_st>().size() + handles<CUevent_st>().size() +
         handles<CUgraph_st>().size() + handles<CUgraphExec_st>().size();
}

}  // namespace castnet::host_cuda

using namespace castnet::host_cuda;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  if (stream == nullptr || (flags & ~kStreamFlags) != 0) return result(cudaErrorInvalidValue);
  *stream = handles<CUstream_st>().create();
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (stream == nullptr || !known(stream)) return result(cudaErrorInvalidResourceHandle);
  if (stream->capture) stream->capture->invalid = true;
  handles<CUstream_st>().destroy(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (!known(stream)) return result(cudaErrorInvalidResourceHandle);
  ++counts.waits;
  return result(refuse_in_capture(stream));
}

cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }

cudaError_t cudaDeviceSynchronize() {
  ++counts.waits;
  return result(refuse_in_any_capture());
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
  if (!known(stream) || !handles<CUevent_st>().has(event))
    return result(cudaErrorInvalidResourceHandle);
  if (flags != 0) return result(cudaErrorNotSupported);
  if (stream == nullptr)
    return result(event->capture.lock() ? cudaErrorStreamCaptureImplicit : cudaSuccess);
  return result(wait(*stream, *event));
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  if (event == nullptr || (flags & ~kEventFlags) != 0) return result(cudaErrorInvalidValue);
  *event = handles<CUevent_st>().create();
  (*event)->timed = (flags & cudaEventDisableTiming) == 0;
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return result(handles<CUevent_st>().destroy(event) ? cudaSuccess
                                                     : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (!known(stream) || !handles<CUevent_st>().has(event))
    return result(cudaErrorInvalidResourceHandle);
  if (stream == nullptr && refuse_in_any_capture() != cudaSuccess)
    return result(cudaErrorStreamCaptureImplicit);
  event->stream = stream;
  event->work_follows = false;
  event->capture.reset();
  event->recorded = !capturing(stream);
  if (capturing(stream)) {
    event->capture = stream->capture;
  } else {
    event->time = std::chrono::steady_clock::now();
  }
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (!handles<CUevent_st>().has(event)) return result(cudaErrorInvalidResourceHandle);
  ++counts.waits;
  const auto capture = event->capture.lock();
  if (!capture) return cudaSuccess;
  capture->invalid = true;
  return result(cudaErrorCapturedEvent);
}

cudaError_t cudaEventQuery(cudaEvent_t event) { return cudaEventSynchronize(event); }

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  const auto usable = [](cudaEvent_t event) {
    return handles<CUevent_st>().has(event) && event->timed && event->recorded;
  };
  if (ms == nullptr) return result(cudaErrorInvalidValue);
  if (!usable(start) || !usable(end)) return result(cudaErrorInvalidResourceHandle);
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}
