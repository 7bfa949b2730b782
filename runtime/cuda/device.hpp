// Device: the GPU of a program, which all of its operations share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cuda/handles.hpp"
#include "cuda/value_copies.hpp"
#include "train/engine.hpp"

namespace castnet::cuda {

/// The reason why there is no GPU; empty if there is one.
std::string no_device();

/// An operation that makes choices before the first step.
class Chooser {
 public:
  virtual ~Chooser() = default;
  /// Adds the choices to `notes`. Returns the bytes of workspace that the operation needs.
  virtual std::size_t choose(Notes& notes) = 0;
};

/// The stream, the cuDNN handle and the workspace. Throws CudaError, also if there is no GPU.
class Device {
 public:
  Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  cudaStream_t stream() const { return stream_.get(); }
  cudnnHandle_t cudnn() const { return cudnn_.get(); }
  void* workspace() const { return workspace_.data(); }
  std::size_t workspace_bytes() const { return workspace_.size(); }

  /// The network's parameters in cuDNN's number type. They exist before the first step.
  ValueCopies& copies() { return *copies_; }
  void set_copies(ValueCopies copies) { copies_.emplace(std::move(copies)); }

  /// Whether the GPU can round float32 to TF32. Known once `prepare` is called.
  bool has_tf32() const { return has_tf32_; }

  /// Waits for all queued work. Throws CudaError, which names the layer at work if it is known.
  void synchronize();

  /// The next operations belong to this layer; nullptr: to none.
  void layer(const char* name);
  /// Called when a layer's operations have ended. If it is set, or if the environment sets
  /// CASTNET_CUDA_CHECK, every layer is waited for, so that errors name the layer.
  using LayerDone = std::function<void()>;
  void set_layer_done(LayerDone hook) { layer_done_ = std::move(hook); }
  /// Whether steps may be captured in a graph. They may if no layer is waited for.
  bool captures() const { return !checked_ && !layer_done_; }

  /// `operation` must outlive the device's use of it.
  void add(Chooser& operation) { choosers_.push_back(&operation); }
  /// Lets all operations make their choices, and allocates the workspace. Returns the choices, the
  /// GPU and the versions.
  Notes prepare();
  bool prepared() const { return prepared_; }

 private:
  CudaStream stream_;
  Cudnn cudnn_;
  DeviceMemory<std::byte> workspace_;
  std::optional<ValueCopies> copies_;
  std::vector<Chooser*> choosers_;
  const char* layer_ = nullptr;
  LayerDone layer_done_;
  bool checked_;
  bool has_tf32_ = true;
  bool prepared_ = false;
};

}  // namespace castnet::cuda
