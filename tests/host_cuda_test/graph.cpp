// Streams, events, capture and replay.
#include <array>
#include <functional>

#include "kernels/cuda/launch.hpp"
#include "support.hpp"

namespace castnet::cuda {

__global__ void add_kernel(int* y, int value) { y[threadIdx.x] += value; }
__global__ void copy_value_kernel(const int* x, int* y) { y[threadIdx.x] = x[threadIdx.x]; }
__global__ void late_kernel(int* y) { y[threadIdx.x] += 1; }

namespace {

class Stream {
 public:
  Stream() { CASTNET_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }

  void begin(cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal) const {
    load_kernels();
    CASTNET_CHECK(cudaStreamBeginCapture(stream_, mode));
  }
  cudaGraph_t end() const {
    cudaGraph_t graph = nullptr;
    CASTNET_CHECK(cudaStreamEndCapture(stream_, &graph));
    return graph;
  }
  cudaError_t failed_end() const {
    cudaGraph_t graph = nullptr;
    const cudaError_t status = cudaStreamEndCapture(stream_, &graph);
    CHECK(graph == nullptr);
    return status;
  }

 private:
  /// Kernels are loaded when they are launched first, which must be outside of a capture.
  static void load_kernels() {
    static bool loaded = false;
    if (loaded) return;
    const OnDevice<int> x({1}), y({2});
    launch<add_kernel>(nullptr, 1, 1, y.data(), 1);
    launch<copy_value_kernel>(nullptr, 1, 1, x.data(), y.data());
    loaded = true;
  }

  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  explicit Event(unsigned flags = cudaEventDefault) {
    CASTNET_CHECK(cudaEventCreateWithFlags(&event_, flags));
  }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  operator cudaEvent_t() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

void replay(cudaGraph_t graph, cudaStream_t stream, int times) {
  cudaGraphExec_t exec = nullptr;
  CASTNET_CHECK(cudaGraphInstantiate(&exec, graph, 0));
  CASTNET_CHECK(cudaGraphDestroy(graph));
  for (int i = 0; i < times; ++i) CASTNET_CHECK(cudaGraphLaunch(exec, stream));
  CASTNET_CHECK(cudaStreamSynchronize(stream));
  CASTNET_CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphLaunch(exec, stream) == cudaErrorInvalidValue);
}

std::size_t nodes(cudaGraph_t graph) {
  std::size_t count = 0;
  CASTNET_CHECK(cudaGraphGetNodes(graph, nullptr, &count));
  return count;
}

}  // namespace

TEST_CASE("a capture runs nothing, and copies arguments") {
  const Stream stream;
  const OnDevice<int> x({1, 2}), y({0, 0});
  int value = 3;
  stream.begin();
  launch<add_kernel>(stream, 1, 2, x.data(), value);
  CASTNET_CHECK(cudaMemcpyAsync(y.data(), x.data(), 8, cudaMemcpyDeviceToDevice, stream));
  CASTNET_CHECK(cudaMemsetAsync(x.data() + 1, 0, 4, stream));
  value = 100;
  cudaGraph_t graph = stream.end();
  CHECK(nodes(graph) == 3);
  CHECK(x.values() == std::vector<int>{1, 2});
  CHECK(y.values() == std::vector<int>{0, 0});
  replay(graph, stream, 2);
  CHECK(x.values() == std::vector<int>{7, 0});
  CHECK(y.values() == std::vector<int>{7, 3});
}

TEST_CASE("a kernel is not launched for the first time in a capture") {
  const Stream stream;
  const OnDevice<int> y({0});
  {
    const test::Environment eager("CUDA_MODULE_LOADING", "EAGER");
    stream.begin();
    launch<late_kernel>(stream, 1, 1, y.data());
    CASTNET_CHECK(cudaGraphDestroy(stream.end()));
  }
  stream.begin();
  CHECK_THROWS_AS(launch<late_kernel>(stream, 1, 1, y.data()), CudaError);
  CHECK(stream.failed_end() == cudaErrorStreamCaptureInvalidated);
  launch<late_kernel>(stream, 1, 1, y.data());
  stream.begin();
  launch<late_kernel>(stream, 1, 1, y.data());
  CASTNET_CHECK(cudaGraphDestroy(stream.end()));
  CHECK(y.values() == std::vector{1});
  cudaGetLastError();
}

TEST_CASE("a replay reads pinned memory as it is then") {
  const Stream stream;
  const OnDevice<int> x({0});
  int* pinned = nullptr;
  CASTNET_CHECK(cudaMallocHost(&pinned, sizeof(int)));
  *pinned = 1;
  stream.begin();
  CASTNET_CHECK(cudaMemcpyAsync(x.data(), pinned, 4, cudaMemcpyHostToDevice, stream));
  cudaGraph_t graph = stream.end();
  *pinned = 2;
  replay(graph, stream, 1);
  CHECK(x.values() == std::vector<int>{2});
  CASTNET_CHECK(cudaFreeHost(pinned));
}

TEST_CASE("what a capture forbids makes it invalid") {
  const Stream stream;
  const OnDevice<int> x({1});
  int host = 0;
  void* memory = nullptr;
  const std::vector<std::pair<std::function<cudaError_t()>, cudaError_t>> calls = {
      {[&] { return cudaStreamSynchronize(stream); }, cudaErrorStreamCaptureUnsupported},
      {[&] { return cudaStreamQuery(stream); }, cudaErrorStreamCaptureUnsupported},
      {[&] { return cudaDeviceSynchronize(); }, cudaErrorStreamCaptureUnsupported},
      {[&] { return cudaMalloc(&memory, 8); }, cudaErrorStreamCaptureUnsupported},
      {[&] { return cudaFree(x.data()); }, cudaErrorStreamCaptureUnsupported},
      {[&] { return cudaMallocHost(&memory, 8); }, cudaErrorStreamCaptureUnsupported},
      {[&] { return cudaMemcpyAsync(x.data(), &host, 4, cudaMemcpyHostToDevice, stream); },
       cudaErrorStreamCaptureUnsupported},
      {[&] { return cudaMemcpy(&host, x.data(), 4, cudaMemcpyDeviceToHost); },
       cudaErrorStreamCaptureImplicit},
      {[&] { return cudaMemset(x.data(), 0, 4); }, cudaErrorStreamCaptureImplicit},
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    INFO("call " << i);
    stream.begin();
    CHECK(calls[i].first() == calls[i].second);
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    CASTNET_CHECK(cudaStreamIsCapturing(stream, &status));
    CHECK(status == cudaStreamCaptureStatusInvalidated);
    CHECK(cudaMemsetAsync(x.data(), 0, 4, stream) == cudaErrorStreamCaptureInvalidated);
    CHECK(stream.failed_end() == cudaErrorStreamCaptureInvalidated);
  }
  CHECK(x.values() == std::vector<int>{1});
  cudaGetLastError();
}

TEST_CASE("capturing begins and ends in pairs") {
  const Stream stream;
  CHECK(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal) ==
        cudaErrorStreamCaptureUnsupported);
  CHECK(stream.failed_end() == cudaErrorIllegalState);
  stream.begin();
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal) == cudaErrorIllegalState);
  cudaGraph_t graph = stream.end();
  CHECK(nodes(graph) == 0);
  CASTNET_CHECK(cudaGraphDestroy(graph));
  CHECK(cudaGraphDestroy(graph) == cudaErrorInvalidValue);
}

TEST_CASE("another stream joins a capture and is waited for") {
  const Stream stream, other;
  const Event fork, join;
  const OnDevice<int> x({1}), y({0});
  stream.begin();
  launch<add_kernel>(stream, 1, 1, x.data(), 1);
  CASTNET_CHECK(cudaEventRecord(fork, stream));
  CASTNET_CHECK(cudaStreamWaitEvent(other, fork));
  launch<copy_value_kernel>(other, 1, 1, x.data(), y.data());
  CASTNET_CHECK(cudaEventRecord(join, other));
  CASTNET_CHECK(cudaStreamWaitEvent(stream, join));
  cudaGraph_t graph = stream.end();
  CHECK(nodes(graph) == 2);
  CHECK(y.values() == std::vector<int>{0});
  replay(graph, stream, 1);
  CHECK(y.values() == std::vector<int>{2});
  launch<add_kernel>(other, 1, 1, y.data(), 1);  // it is not captured any more
  CHECK(y.values() == std::vector<int>{3});
}

TEST_CASE("work that the capture does not wait for") {
  const Stream stream, other;
  const Event fork, join;
  const OnDevice<int> x({1});
  stream.begin();
  CASTNET_CHECK(cudaEventRecord(fork, stream));
  CASTNET_CHECK(cudaStreamWaitEvent(other, fork));
  SECTION("nothing joins") {}
  SECTION("an event before the work joins") {
    CASTNET_CHECK(cudaEventRecord(join, other));
    launch<add_kernel>(other, 1, 1, x.data(), 1);
    CASTNET_CHECK(cudaStreamWaitEvent(stream, join));
  }
  CHECK(stream.failed_end() == cudaErrorStreamCaptureUnjoined);
  CHECK(x.values() == std::vector<int>{1});
}

TEST_CASE("a capture must not wait for what is outside of it") {
  const Stream stream, other;
  const Event event;
  CASTNET_CHECK(cudaEventRecord(event, other));
  stream.begin();
  CHECK(cudaStreamWaitEvent(stream, event) == cudaErrorStreamCaptureIsolation);
  CHECK(stream.failed_end() == cudaErrorStreamCaptureInvalidated);

  stream.begin();
  CASTNET_CHECK(cudaEventRecord(event, stream));
  CHECK(cudaEventSynchronize(event) == cudaErrorCapturedEvent);
  CHECK(stream.failed_end() == cudaErrorStreamCaptureInvalidated);
  cudaGetLastError();
}

TEST_CASE("events take times") {
  const Event start, end, untimed(cudaEventDisableTiming);
  float ms = -1;
  CHECK(cudaEventElapsedTime(&ms, start, end) == cudaErrorInvalidResourceHandle);
  CASTNET_CHECK(cudaEventRecord(start));
  CASTNET_CHECK(cudaEventRecord(end));
  CASTNET_CHECK(cudaEventRecord(untimed));
  CHECK(cudaEventElapsedTime(&ms, start, end) == cudaSuccess);
  CHECK(ms >= 0);
  CHECK(cudaEventElapsedTime(&ms, start, untimed) == cudaErrorInvalidResourceHandle);
  CHECK(cudaEventSynchronize(end) == cudaSuccess);
}

TEST_CASE("handles end") {
  cudaStream_t stream = nullptr;
  CASTNET_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  CASTNET_CHECK(cudaStreamDestroy(stream));
  CHECK(cudaStreamDestroy(stream) == cudaErrorInvalidResourceHandle);
  CHECK(cudaStreamSynchronize(stream) == cudaErrorInvalidResourceHandle);
  cudaEvent_t event = nullptr;
  CASTNET_CHECK(cudaEventCreate(&event));
  CASTNET_CHECK(cudaEventDestroy(event));
  CHECK(cudaEventRecord(event) == cudaErrorInvalidResourceHandle);
}

TEST_CASE("the device tells what it is") {
  int count = 0, driver = 0, runtime = 0;
  CASTNET_CHECK(cudaGetDeviceCount(&count));
  CHECK(count == 1);
  CHECK(cudaSetDevice(1) == cudaErrorInvalidDevice);
  cudaDeviceProp properties = {};
  CASTNET_CHECK(cudaGetDeviceProperties(&properties, 0));
  CHECK(std::string(properties.name) == "castnet host implementation");
  CASTNET_CHECK(cudaDriverGetVersion(&driver));
  CASTNET_CHECK(cudaRuntimeGetVersion(&runtime));
  CHECK(driver >= runtime);
  CHECK(std::string(cudaGetErrorName(cudaErrorInvalidValue)) == "cudaErrorInvalidValue");
  cudaGetLastError();
}

}  // namespace castnet::cuda
