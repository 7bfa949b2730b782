// Spec: a validated YAML spec as plain values. The parser in spec/ makes it, the passes read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace castnet::codegen {

/// Channels, height and width of one image's activation.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::int64_t elements() const { return std::int64_t{1} * channels * height * width; }
  bool operator==(const Shape&) const = default;
};

/// Where a value stands in a spec file; line and column count from 1, 0 means "nowhere".
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const Location&) const = default;
};

/// One mistake in a spec; prints as `file:line:column: error: message`.
struct Diagnostic {
  Location where;
  std::string message;
  bool operator==(const Diagnostic&) const = default;
};

/// What is known of a data set without reading it. Mean and deviation are per channel, of pixels in
/// 0..1.
struct DataSetFacts {
  std::string name;
  Shape image;
  int classes = 0;
  int training_images = 0;
  int test_images = 0;
  std::vector<double> mean;
  std::vector<double> deviation;
  bool operator==(const DataSetFacts&) const = default;
};

enum class NormKind { none, batch, group, layer, instance };
enum class Affine { none, channel, element };
struct NormSpec {
  NormKind kind = NormKind::none;
  int groups = 1;                   ///< group norm only
  Affine affine = Affine::channel;  ///< element: layer norm only
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< of batch norm's running statistics
  bool operator==(const NormSpec&) const = default;
};

enum class ActivationKind { none, relu, gelu, silu, leaky_relu };
struct ActivationSpec {
  ActivationKind kind = ActivationKind::relu;
  double slope = 0.01;  ///< leaky ReLU's, for negative inputs
  bool operator==(const ActivationSpec&) const = default;
};

enum class DropoutKind { element, channel };
struct DropoutSpec {
  double rate = 0;
  DropoutKind kind = DropoutKind::element;
  bool operator==(const DropoutSpec&) const = default;
};

enum class PoolKind { max, average };

/// What a token stands for: C, c and D, P, GAP, F.
enum class LayerKind { convolution, depthwise, pool, global_pool, linear };

/// The steps that one token expands to, in order. `core` is the convolution, pooling or linear map.
enum class BlockStep { core, norm, activation, dropout };

/// A skip connection: the output of an earlier layer, added before this layer's activation or at
/// its end.
enum class SkipPlace { before_activation, after_block };
struct SkipSpec {
  std::string from;
  SkipPlace place = SkipPlace::before_activation;
  bool operator==(const SkipSpec&) const = default;
};

/// One layer with all defaults and overrides applied.
struct LayerSpec {
  std::string name;  ///< the token's name, e.g. C4, c7, GAP
  LayerKind kind = LayerKind::convolution;
  int out_channels = 0;  ///< convolution, linear; 0 means "as many as the input" (depthwise, pools)
  int kernel = 1;
  int stride = 1;
  int padding = 0;
  int dilation = 1;
  int groups = 1;
  bool bias = false;
  PoolKind pool = PoolKind::max;
  std::vector<BlockStep> block;  ///< always holds `core` once
  NormSpec norm;
  ActivationSpec activation;
  DropoutSpec dropout;
  std::optional<SkipSpec> skip;
  Location where;  ///< of the token
  bool operator==(const LayerSpec&) const = default;
};

/// Upper limits; 0 means "no limit". Memory in bytes.
struct Budget {
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  Location where;
  bool operator==(const Budget&) const = default;
};

enum class OptimizerKind { sgd, adam, adamw };
struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::sgd;
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< L2 added to the gradient (SGD, Adam), decoupled (AdamW)
  double l1 = 0;            ///< factor of sign(weight) added to the gradient
  bool operator==(const OptimizerSpec&) const = default;
};

enum class ScheduleKind { constant, step, multi_step, cosine, one_cycle };
enum class Anneal { linear, cosine };
/// Learning rate over the run. `rate` is the base rate, one-cycle's peak.
struct ScheduleSpec {
  ScheduleKind kind = ScheduleKind::constant;
  double rate = 0.1;
  double factor = 0.1;             ///< step, multi_step: multiplies the rate
  int every = 1;                   ///< step: epochs between drops
  std::vector<int> milestones;     ///< multi_step: epochs at which it drops
  double minimum = 0;              ///< cosine: the last rate
  double warmup = 0.25;            ///< one_cycle: fraction of steps up to the peak
  double start_factor = 0.04;      ///< one_cycle: first rate / peak
  double final_factor = 0.0004;    ///< one_cycle: last rate / peak
  Anneal anneal = Anneal::linear;  ///< one_cycle
  bool operator==(const ScheduleSpec&) const = default;
};

enum class CropPadding { zero, reflect };
struct AugmentSpec {
  int crop = 0;  ///< pixels of padding before a random crop back to the image's size; 0: none
  CropPadding crop_padding = CropPadding::reflect;
  bool flip = false;  ///< left-right with probability 1/2
  bool operator==(const AugmentSpec&) const = default;
};

struct TrainSpec {
  int epochs = 20;
  int batch = 128;  ///< images a step; a multiple of 16 (the CPU target's lanes)
  std::uint64_t seed = 1;
  double label_smoothing = 0;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  AugmentSpec augment;
  bool operator==(const TrainSpec&) const = default;
};

struct Spec {
  std::string name;     ///< [a-z][a-z0-9_]*; with a variant, NAME_VARIANT
  std::string variant;  ///< empty for the spec itself
  DataSetFacts data;
  std::vector<LayerSpec> layers;
  Budget budget;
  TrainSpec train;
  bool operator==(const Spec&) const = default;
};

}  // namespace castnet::codegen
