// Capture and replay.
#include "host_cuda/counts.hpp"
#include "host_cuda/handles.hpp"
#include "host_cuda/stream.hpp"

using namespace castnet::host_cuda;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  if (stream == nullptr) return result(cudaErrorStreamCaptureUnsupported);
  if (!handles<CUstream_st>().has(stream)) return result(cudaErrorInvalidResourceHandle);
  if (capturing(stream)) return result(cudaErrorIllegalState);
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->mode = mode;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (graph == nullptr) return result(cudaErrorInvalidValue);
  *graph = nullptr;
  if (stream == nullptr || !handles<CUstream_st>().has(stream))
    return result(cudaErrorInvalidResourceHandle);
  if (!capturing(stream)) return result(cudaErrorIllegalState);
  const auto capture = stream->capture;
  if (capture->origin != stream) {
    capture->invalid = true;
    return result(cudaErrorStreamCaptureUnmatched);
  }
  for (const auto& [handle, object] : handles<CUstream_st>()) {
    if (object->capture == capture) object->capture.reset();
  }
  if (capture->invalid) return result(cudaErrorStreamCaptureInvalidated);
  if (!capture->unjoined.empty()) return result(cudaErrorStreamCaptureUnjoined);
  *graph = handles<CUgraph_st>().create(std::move(capture->work));
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  if (status == nullptr) return result(cudaErrorInvalidValue);
  *status = cudaStreamCaptureStatusNone;
  if (capturing(stream))
    *status = stream->capture->invalid ? cudaStreamCaptureStatusInvalidated
                                       : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long flags) {
  if (exec == nullptr || !handles<CUgraph_st>().has(graph)) return result(cudaErrorInvalidValue);
  if (flags != 0) return result(cudaErrorNotSupported);
  *exec = handles<CUgraphExec_st>().create(graph->work);
  return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream) {
  if (!handles<CUgraphExec_st>().has(exec)) return result(cudaErrorInvalidValue);
  return result(refuse_in_capture(stream));
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  if (!handles<CUgraphExec_st>().has(exec)) return result(cudaErrorInvalidValue);
  if (const cudaError_t status = refuse_in_capture(stream)) return result(status);
  ++counts.graphs;
  return result(queue(stream, [exec] {
    for (const Work& work : exec->work) work();
  }));
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return result(handles<CUgraph_st>().destroy(graph) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return result(handles<CUgraphExec_st>().destroy(exec) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  if (count == nullptr || !handles<CUgraph_st>().has(graph)) return result(cudaErrorInvalidValue);
  if (nodes != nullptr) return result(cudaErrorNotSupported);
  *count = graph->work.size();
  return cudaSuccess;
}
