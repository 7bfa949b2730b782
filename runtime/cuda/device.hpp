// Device: the GPU that a program runs on, as all of its operations share it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cuda/handles.hpp"
#include "cuda/value_copies.hpp"
#include "train/engine.hpp"

namespace castnet::cuda {

/// Why there is no GPU; empty where there is one.
std::string no_device();

/// An operation with something to choose before the first step.
class Chooser {
 public:
  virtual ~Chooser() = default;
  /// Adds the choices to `notes`. Returns the bytes of workspace that the operation needs.
  virtual std::size_t choose(Notes& notes) = 0;
};

/// Stream, cuDNN handle and workspace. Throws CudaError: also where there is no GPU.
class Device {
 public:
  Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  cudaStream_t stream() const { return stream_.get(); }
  cudnnHandle_t cudnn() const { return cudnn_.get(); }
  void* workspace() const { return workspace_.data(); }
  std::size_t workspace_bytes() const { return workspace_.size(); }

  /// The network's parameters as cuDNN takes them; there before the first step.
  ValueCopies& copies() { return *copies_; }
  void set_copies(ValueCopies copies) { copies_.emplace(std::move(copies)); }

  /// Whether the GPU can round float32 to TF32. Known once `prepare` is called.
  bool has_tf32() const { return has_tf32_; }

  /// Waits for all that is queued. Throws CudaError with the layer that is known to be at work.
  void synchronize();

  /// Operations from here on belong to this layer; nullptr: to none.
  void layer(const char* name);
  /// Called when a layer's operations have ended. With it, or where the environment sets
  /// CASTNET_CUDA_CHECK, every layer is waited for, so that what fails is named.
  using LayerDone = std::function<void()>;
  void set_layer_done(LayerDone hook) { layer_done_ = std::move(hook); }
  /// Whether steps may be captured in a graph: nobody waits for layers.
  bool captures() const { return !checked_ && !layer_done_; }

  /// `operation` outlives the device's use of it.
  void add(Chooser& operation) { choosers_.push_back(&operation); }
  /// Lets all operations choose and makes the workspace. Returns the choices and what they hold
  /// for: the GPU and versions.
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
