// Handles and descriptors of cuDNN.
#include "host_cuda/cudnn.hpp"

#include <algorithm>
#include <cstring>

#include "host_cuda/handles.hpp"
#include "host_cuda/stream.hpp"

namespace castnet::host_cuda {
namespace {

thread_local std::string last_message;

template <class Object>
cudnnStatus_t create(Object** handle) {
  if (handle == nullptr)
    return refuse(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "no place for a handle");
  *handle = handles<Object>().create();
  return CUDNN_STATUS_SUCCESS;
}

template <class Object>
cudnnStatus_t destroy(Object* handle) {
  if (handles<Object>().destroy(handle)) return CUDNN_STATUS_SUCCESS;
  return refuse(CUDNN_STATUS_BAD_PARAM, "this handle does not exist (any more)");
}

template <class Object>
bool is_set(Object* handle) {
  return handles<Object>().has(handle) && handle->set;
}

std::size_t type_bytes(cudnnDataType_t type) { return type == CUDNN_DATA_FLOAT ? 4 : 2; }

cudnnStatus_t check_layout(cudnnTensorFormat_t format, cudnnDataType_t type, int least) {
  if (format != CUDNN_TENSOR_NCHW)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only CUDNN_TENSOR_NCHW is modelled");
  if (type != CUDNN_DATA_FLOAT && type != CUDNN_DATA_BFLOAT16)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "only float and bfloat16 are modelled");
  if (least < 1) return refuse(CUDNN_STATUS_BAD_PARAM, "a dimension is less than 1");
  return CUDNN_STATUS_SUCCESS;
}

std::string numbers(std::initializer_list<int> values) {
  std::string text = "[";
  for (const int value : values) text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  return text + "]";
}

}  // namespace

cudnnStatus_t refuse(cudnnStatus_t status, const std::string& why) {
  last_message = why;
  return status;
}

std::size_t CheckedConvolution::x_bytes() const {
  return std::size_t(shape.n) * std::size_t(shape.groups * shape.c) * std::size_t(shape.h) *
         std::size_t(shape.w) * type_bytes(type);
}
std::size_t CheckedConvolution::filter_bytes() const {
  return std::size_t(shape.groups * shape.k) * std::size_t(shape.c) * std::size_t(shape.r) *
         std::size_t(shape.s) * type_bytes(type);
}
std::size_t CheckedConvolution::y_bytes() const {
  return std::size_t(shape.n) * std::size_t(shape.groups * shape.k) * std::size_t(shape.oh) *
         std::size_t(shape.ow) * type_bytes(type);
}

cudnnStatus_t check_convolution(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                                cudnnFilterDescriptor_t filter,
                                cudnnConvolutionDescriptor_t convolution, cudnnTensorDescriptor_t y,
                                CheckedConvolution& checked) {
  if (!handles<cudnnContext>().has(handle))
    return refuse(CUDNN_STATUS_NOT_INITIALIZED, "this cudnnHandle_t does not exist (any more)");
  if (!is_set(x) || !is_set(filter) || !is_set(convolution) || !is_set(y))
    return refuse(CUDNN_STATUS_BAD_PARAM, "a descriptor does not exist, or was not set");
  if (x->type != filter->type || x->type != y->type)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "x, filter and y must have one data type");
  const cudnnConvolutionStruct& v = *convolution;
  if (x->c != filter->c * v.groups || filter->k % v.groups != 0)
    return refuse(CUDNN_STATUS_BAD_PARAM, "channels: x " + numbers({x->c}) + ", filter " +
                                              numbers({filter->k, filter->c}) + ", groups " +
                                              numbers({v.groups}));
  const int oh = output_size(x->h, filter->r, v.pad_h, v.stride_h, v.dilation_h);
  const int ow = output_size(x->w, filter->s, v.pad_w, v.stride_w, v.dilation_w);
  if (x->n != y->n || y->c != filter->k || y->h != oh || y->w != ow)
    return refuse(CUDNN_STATUS_BAD_PARAM, "y is " + numbers({y->n, y->c, y->h, y->w}) +
                                              ", but the output is " +
                                              numbers({x->n, filter->k, oh, ow}));
  checked = {{.n = x->n,
              .groups = v.groups,
              .c = filter->c,
              .k = filter->k / v.groups,
              .h = x->h,
              .w = x->w,
              .oh = oh,
              .ow = ow,
              .r = filter->r,
              .s = filter->s,
              .pad_h = v.pad_h,
              .pad_w = v.pad_w,
              .stride_h = v.stride_h,
              .stride_w = v.stride_w,
              .dilation_h = v.dilation_h,
              .dilation_w = v.dilation_w},
             x->type,
             v.math};
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace castnet::host_cuda

using namespace castnet::host_cuda;

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  // It allocates device memory.
  if (refuse_in_any_capture() != cudaSuccess)
    return refuse(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "cudnnCreate during a capture");
  return create(handle);
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) { return destroy(handle); }

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  if (!handles<cudnnContext>().has(handle) ||
      (stream != nullptr && !handles<CUstream_st>().has(stream)))
    return refuse(CUDNN_STATUS_BAD_PARAM, "no such handle, or no such stream");
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

size_t cudnnGetVersion() { return CUDNN_VERSION; }

const char* cudnnGetErrorString(cudnnStatus_t status) {
  switch (status) {
    case CUDNN_STATUS_SUCCESS:
      return "CUDNN_STATUS_SUCCESS";
    case CUDNN_STATUS_NOT_INITIALIZED:
      return "CUDNN_STATUS_NOT_INITIALIZED";
    case CUDNN_STATUS_BAD_PARAM:
      return "CUDNN_STATUS_BAD_PARAM";
    case CUDNN_STATUS_BAD_PARAM_NULL_POINTER:
      return "CUDNN_STATUS_BAD_PARAM_NULL_POINTER";
    case CUDNN_STATUS_NOT_SUPPORTED:
      return "CUDNN_STATUS_NOT_SUPPORTED";
    case CUDNN_STATUS_INTERNAL_ERROR:
      return "CUDNN_STATUS_INTERNAL_ERROR";
    case CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED:
      return "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED";
    case CUDNN_STATUS_EXECUTION_FAILED:
      return "CUDNN_STATUS_EXECUTION_FAILED";
    case CUDNN_STATUS_EXECUTION_FAILED_CUDART:
      return "CUDNN_STATUS_EXECUTION_FAILED_CUDART";
  }
  return "unknown cuDNN status";
}

void cudnnGetLastErrorString(char* message, size_t size) {
  if (message == nullptr || size == 0) return;
  const size_t length = std::min(size - 1, last_message.size());
  std::memcpy(message, last_message.data(), length);
  message[length] = '\0';
  last_message.clear();
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* d) {
  return create(d);
}
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t d) {
  return destroy(d);
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  if (!handles<cudnnTensorStruct>().has(d))
    return refuse(CUDNN_STATUS_BAD_PARAM, "no such tensor descriptor");
  if (const auto status = check_layout(format, type, std::min({n, c, h, w}))) return status;
  *d = {true, type, n, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w) {
  if (!handles<cudnnFilterStruct>().has(d))
    return refuse(CUDNN_STATUS_BAD_PARAM, "no such filter descriptor");
  if (const auto status = check_layout(format, type, std::min({k, c, h, w}))) return status;
  *d = {true, type, k, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int pad_h, int pad_w,
                                              int u, int v, int dilation_h, int dilation_w,
                                              cudnnConvolutionMode_t mode,
                                              cudnnDataType_t compute_type) {
  if (!handles<cudnnConvolutionStruct>().has(d))
    return refuse(CUDNN_STATUS_BAD_PARAM, "no such convolution descriptor");
  if (std::min(pad_h, pad_w) < 0 || std::min({u, v, dilation_h, dilation_w}) < 1)
    return refuse(CUDNN_STATUS_BAD_PARAM, "padding, stride or dilation is too small");
  if (mode != CUDNN_CROSS_CORRELATION || compute_type != CUDNN_DATA_FLOAT)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED,
                  "only CUDNN_CROSS_CORRELATION in CUDNN_DATA_FLOAT is modelled");
  d->set = true;
  d->pad_h = pad_h;
  d->pad_w = pad_w;
  d->stride_h = u;
  d->stride_w = v;
  d->dilation_h = dilation_h;
  d->dilation_w = dilation_w;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t d, int groups) {
  if (!handles<cudnnConvolutionStruct>().has(d) || groups < 1)
    return refuse(CUDNN_STATUS_BAD_PARAM, "no such descriptor, or less than one group");
  d->groups = groups;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math) {
  if (!handles<cudnnConvolutionStruct>().has(d))
    return refuse(CUDNN_STATUS_BAD_PARAM, "no such convolution descriptor");
  if (math == CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "conversion of float to half is not modelled");
  d->math = math;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolution2dForwardOutputDim(cudnnConvolutionDescriptor_t d,
                                                    cudnnTensorDescriptor_t x,
                                                    cudnnFilterDescriptor_t filter, int* n, int* c,
                                                    int* h, int* w) {
  if (!is_set(d) || !is_set(x) || !is_set(filter))
    return refuse(CUDNN_STATUS_BAD_PARAM, "a descriptor does not exist, or was not set");
  if (x->c != filter->c * d->groups || filter->k % d->groups != 0)
    return refuse(CUDNN_STATUS_BAD_PARAM, "channels and groups do not agree");
  *n = x->n;
  *c = filter->k;
  *h = output_size(x->h, filter->r, d->pad_h, d->stride_h, d->dilation_h);
  *w = output_size(x->w, filter->s, d->pad_w, d->stride_w, d->dilation_w);
  if (*h < 1 || *w < 1) return refuse(CUDNN_STATUS_BAD_PARAM, "the output would be empty");
  return CUDNN_STATUS_SUCCESS;
}
