// Program: what a generated source gives to the training loop, whatever its target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "core/compiled.hpp"
#include "core/real.hpp"
#include "core/tensors.hpp"

namespace castnet {

/// Raised whenever generated source and runtime must change together; generated source asserts it.
inline constexpr int kInterface = 13;

enum class Mode { train, evaluate };

struct OptimizerRecipe {
  enum class Kind { sgd, adam, adamw, muon };
  Kind kind = Kind::sgd;
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  std::span<const ParameterGroup> groups = {};  ///< cover the parameter arena in order
};

struct ScheduleRecipe {
  enum class Kind { constant, step, multi_step, cosine, one_cycle };
  enum class Anneal { linear, cosine };
  Kind kind = Kind::constant;
  double rate = 0.1;
  double factor = 0.1;
  int every = 1;
  std::span<const int> milestones = {};
  double minimum = 0;
  double warmup = 0.25;
  double start_factor = 0.04;
  double final_factor = 0.0004;
  Anneal anneal = Anneal::linear;
};

/// Outside of an image: 0 after normalisation, black, or mirrored about the edge pixels.
enum class Border { zero, black, reflect };

/// Random changes of training images, in the order of the members; what has no effect is off.
struct AugmentRecipe {
  enum class Flip { none, random, alternating };
  /// ±shift (share of each side), 1 ± scale and ±degrees about the centre.
  struct ShiftScaleRotate {
    double shift = 0, scale = 0, degrees = 0;
    double probability = 0;
    Border border = Border::reflect;
  } shift_scale_rotate = {};
  struct Rotation {
    double degrees = 0;
    double probability = 0;
    Border border = Border::reflect;
  } rotation = {};
  /// A window of random area (share of the image's) and aspect ratio (width / height).
  struct ResizedCrop {
    double least_area = 1, most_area = 1, least_aspect = 1, most_aspect = 1;
    double probability = 0;
  } resized_crop = {};
  int crop = 0;  ///< pixels of padding on each side
  Border crop_border = Border::reflect;
  Flip flip = Flip::none;
  /// Largest relative changes; hue in turns.
  struct ColourJitter {
    double brightness = 0, contrast = 0, saturation = 0, hue = 0;
    double probability = 0;
  } colour_jitter = {};
  struct Cutout {
    int size = 0;  ///< pixels a side
    double probability = 0;
  } cutout = {};
  double mixup = 0;  ///< alpha of the Beta distribution; 0: none
};

struct ClipRecipe {
  enum class Kind { none, norm, value };
  Kind kind = Kind::none;
  double limit = 1;
};

struct EarlyStoppingRecipe {
  enum class Metric { test_loss, test_accuracy, train_loss, train_accuracy };
  Metric metric = Metric::test_loss;
  int patience = 0;  ///< epochs without a change for the better; 0: never stops early
  double min_change = 0;
};

/// How a network is trained: the spec's `train` section.
struct Recipe {
  int epochs;
  std::uint64_t seed;
  double label_smoothing = 0;
  OptimizerRecipe optimizer;
  ScheduleRecipe schedule;
  AugmentRecipe augment = {};
  ClipRecipe clip = {};
  double ema = 0;  ///< decay of the averaged weights; 0: none
  EarlyStoppingRecipe early_stopping = {};
};

/// What one layer's operations take for a batch: multiply-adds of convolutions and fully connected
/// layers, and bytes, each operation reading and writing its buffers once.
struct LayerInfo {
  const char* name;
  std::int64_t forward_macs, forward_bytes;
  std::int64_t backward_macs, backward_bytes;
};

/// The last output of more than one pixel an image: where Grad-CAM looks.
struct FeatureMap {
  const char* layer = "";  ///< whose output it is
  int channels = 0, height = 0, width = 0;
  /// A layer behind it through which backward gives training's gradient alone; empty: none.
  const char* obstacle = "";
};

/// The facts of a generated program.
struct ProgramInfo {
  const char* name;
  const char* variant;  ///< empty for the spec itself
  const char* target;   ///< "cpu" or "cuda"
  const char* spec_path;
  const char* command;  ///< what follows `castnet generate` to make the source again
  const char* spec_sha256;
  const char* data_set;     ///< the spec's `data`, e.g. "cifar10"
  const char* folder = "";  ///< of an image_folder: below the data root, or absolute; else empty
  int hold_out = 0;         ///< training images that take the test images' place; 0: none
  /// Per channel, of pixels in 0..1; empty: those of the training images.
  std::span<const double> mean = {};
  std::span<const double> std = {};
  int batch;
  int channels, height, width;
  int classes;
  std::span<const TensorInfo> parameters;  ///< in the parameter arena
  std::span<const TensorInfo> statistics;  ///< running, in an arena of their own
  std::size_t optimizer_state;             ///< elements: 0, 1 or 2 per parameter
  std::size_t memory = 0;                  ///< bytes of all arenas, in the target's memory
  std::span<const LayerInfo> layers = {};  ///< in forward's order; the loss is the last
  FeatureMap map = {};                     ///< without channels: there is none
  Recipe recipe;
  const char* compiler = kCompiler;          ///< of the generated source
  const char* instructions = kInstructions;  ///< that it was compiled for
};

/// Whether the program computes in the host's memory.
constexpr bool on_host(const ProgramInfo& info) { return std::string_view(info.target) == "cpu"; }

/// What changes from step to step.
struct Step {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;   ///< from 0
  std::uint64_t number = 1;  ///< updates so far, this one included (Adam's bias correction)
  double learning_rate = 0;
};

/// Where the elements of one image (C, H, W order) lie: element i at first[i * stride].
struct ImageSlot {
  Real* first;
  std::ptrdiff_t stride;
};

enum class MapPart { values, gradient };

/// A network with all its memory. The caller fills `image`, `targets` and `samples`, then calls
/// `forward`, and in training `backward` and `update`. Nothing here allocates after construction.
class Program {
 public:
  virtual ~Program() = default;
  virtual const ProgramInfo& info() const = 0;

  virtual ImageSlot image(int slot) = 0;  ///< slot in [0, batch)
  /// [batch][classes], row-major: the distribution that each image's output is compared with.
  virtual std::span<Real> targets() = 0;
  virtual std::span<std::uint32_t>
  samples() = 0;  ///< [batch] indices in the data set (dropout's streams)

  /// Runs the network; afterwards `probabilities` and `losses` hold this batch's.
  virtual void forward(Mode mode, const Step& step) = 0;
  /// As forward(Mode::evaluate, ...), but for rounding: for results alone, not for backward.
  virtual void evaluate() { forward(Mode::evaluate, Step{}); }
  /// Gradients of the batch's mean loss, into `gradients`. After forward(Mode::train).
  virtual void backward(const Step& step) = 0;
  virtual void update(const Step& step) = 0;

  virtual std::span<const Real> probabilities() const = 0;  ///< [batch][classes], row-major
  virtual std::span<const Real> losses() const = 0;         ///< [batch]

  virtual std::span<Real> parameters() = 0;
  virtual std::span<Real> gradients() = 0;
  virtual std::span<Real> optimizer_state() = 0;
  virtual std::span<Real> statistics() = 0;
  /// Moving averages of parameters, then of running statistics, made by `update`; empty without
  /// EMA.
  virtual std::span<Real> averages() = 0;

  /// All activations and their gradients, as the program's plan lays them out; empty where they are
  /// not in the host's memory.
  virtual std::span<const Real> activations() const { return {}; }

  /// Where the values above are copies of those that the program computes with: brings them here,
  /// and takes them back after a change.
  virtual void fetch() {}
  virtual void store() {}

  /// Called by programs that compute on the host: with the name of each layer where a thread begins
  /// its operations on some of the images, forward and backward, and with nullptr where a thread
  /// has done its part and waits. Threads call it at the same time.
  using LayerHook = std::function<void(const char* layer)>;
  void set_layer_hook(LayerHook hook) { layer_hook_ = std::move(hook); }

  /// Called by programs that compute on the host and have a feature map without obstacle: with each
  /// slot's values, in order, once forward has them, and with their gradient once backward has it.
  /// There backward ends: what lies before the map gets no gradient while a hook is set.
  using MapHook = std::function<void(MapPart part, int slot, ImageSlot image)>;
  void set_map_hook(MapHook hook) { map_hook_ = std::move(hook); }

 protected:
  /// This thread's operations from here on belong to this layer.
  void layer(const char* name) {
    if (layer_hook_) layer_hook_(name);
  }
  const MapHook& map_hook() const { return map_hook_; }

 private:
  LayerHook layer_hook_;
  MapHook map_hook_;
};

}  // namespace castnet
