// Spec: a validated YAML spec as plain values. The parser in spec/ makes it, the passes read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ir/layer_kinds.hpp"

namespace castnet::codegen {

/// Channels, height and width of one image's activation.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::int64_t elements() const { return std::int64_t{1} * channels * height * width; }
  bool operator==(const Shape&) const = default;
};

/// The place of a value in a spec file. Line and column count from 1; 0 means "nowhere".
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

/// A folder of images: below the data root, or absolute.
struct FolderPath {
  std::string text;
  bool operator==(const FolderPath&) const = default;
};

/// The channels of images: one for grey images, three for colours.
struct ImageChannels {
  int count = 0;
  bool operator==(const ImageChannels&) const = default;
};

/// The facts about a data set that are known without reading it. Mean and std are per channel, of
/// pixels in 0..1. Without them the trainer computes those of the training images.
struct DataSetFacts {
  std::string name;
  ImageChannels channels;
  int height = 0;
  int width = 0;
  int classes = 0;
  int training_images = 0;  ///< 0: unknown until it is read
  int test_images = 0;
  std::vector<double> mean = {};
  std::vector<double> std = {};
  FolderPath folder = {};  ///< the folder of an image_folder
  int hold_out = 0;        ///< training images that replace the test images; 0: none

  Shape image() const { return {channels.count, height, width}; }
  bool operator==(const DataSetFacts&) const = default;
};

enum class NormKind { none, batch, group, layer, instance, channel };
enum class Affine { none, channel, element };
struct NormSpec {
  NormKind kind = NormKind::none;
  int groups = 1;                   ///< group norm only
  Affine affine = Affine::channel;  ///< element: layer norm only
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< momentum of batch norm's running statistics
  bool operator==(const NormSpec&) const = default;
};

enum class ActivationKind { none, relu, gelu, silu, leaky_relu, sigmoid, prelu };
struct ActivationSpec {
  ActivationKind kind = ActivationKind::relu;
  double slope = 0.01;  ///< leaky ReLU's, for negative inputs
  double init = 0.25;   ///< PReLU's slope before training
  bool shared = false;  ///< PReLU: one slope for all channels
  bool operator==(const ActivationSpec&) const = default;
};

enum class DropoutKind { element, channel };
struct DropoutSpec {
  double rate = 0;
  DropoutKind kind = DropoutKind::element;
  bool operator==(const DropoutSpec&) const = default;
};

enum class PoolKind { max, average };

/// The steps that one token expands to, in order. `core` is the convolution, pooling or linear map.
enum class BlockStep { core, norm, activation, squeeze, dropout };

/// A skip connection: the output of an earlier layer, added before this layer's activation or at
/// its end.
enum class SkipPlace { before_activation, after_block };

/// A 1x1 convolution on a skip connection, and the norm after it.
struct ProjectionSpec {
  int stride = 1;
  bool bias = true;
  NormSpec norm;
  bool operator==(const ProjectionSpec&) const = default;
};

struct SkipSpec {
  std::string from;
  SkipPlace place = SkipPlace::before_activation;
  std::optional<ProjectionSpec> projection;  ///< none: the earlier output as it is
  bool operator==(const SkipSpec&) const = default;
};

/// The initial weights (biases always start with PyTorch's default). kaiming: PyTorch's default,
/// uniform in ±1/sqrt(fan_in). xavier: uniform in ±sqrt(6/(fan_in + fan_out)). dirac: convolutions
/// pass their first channels through, and the other output channels start as with kaiming.
enum class Init { kaiming, xavier, dirac };

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
  Init init = Init::kaiming;
  PoolKind pool = PoolKind::max;
  std::vector<BlockStep> block;  ///< always holds `core` once
  NormSpec norm;
  ActivationSpec activation;
  DropoutSpec dropout;
  std::optional<SkipSpec> skip;
  int squeeze = 0;  ///< ratio of the squeeze-and-excitation; 0: none
  Location where;   ///< place of the token
  bool operator==(const LayerSpec&) const = default;
};

/// The limits of a spec; 0 means "no limit".
struct Budget {
  std::int64_t parameters = 0;        ///< most trainable parameters
  std::int64_t macs = 0;              ///< most multiply-adds per image in the forward pass
  std::int64_t train_memory = 0;      ///< most bytes of all arenas of the trainer
  std::int64_t inference_memory = 0;  ///< most bytes to evaluate a batch
  std::int64_t receptive_field = 0;   ///< smallest side in pixels
  Location where;
  bool operator==(const Budget&) const = default;
};

/// The kinds of parameters that penalties and rates can name: weights of convolutions and linear
/// layers, the weights of depthwise convolutions among them, biases, the affine of norms, and
/// slopes of PReLU.
enum class ParameterKind { weights, depthwise, biases, norms, slopes };

/// A penalty on the weights. `on` holds words of ParameterKind and names of layers; empty: every
/// parameter.
struct PenaltySpec {
  double factor = 0;
  std::vector<std::string> on;
  bool operator==(const PenaltySpec&) const = default;
};

/// A factor of the learning rate for the parameters that `on` names, as in PenaltySpec.
struct RateSpec {
  std::string on;
  double factor = 1;
  bool operator==(const RateSpec&) const = default;
};

enum class OptimizerKind { sgd, adam, adamw, muon };
struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::sgd;
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  PenaltySpec weight_decay;     ///< L2 added to the gradient (SGD, Adam), decoupled (AdamW, Muon)
  PenaltySpec l1;               ///< this factor times sign(weight) is added to the gradient
  std::vector<RateSpec> rates;  ///< a parameter named by several takes their product
  bool operator==(const OptimizerSpec&) const = default;
};

enum class ScheduleKind { constant, step, multi_step, cosine, one_cycle };
enum class Anneal { linear, cosine };
/// The learning rate schedule. `rate` is the base rate, or one-cycle's peak.
struct ScheduleSpec {
  ScheduleKind kind = ScheduleKind::one_cycle;
  double rate = 0;      ///< 0 stands for the optimizer's usual rate until the whole spec is read
  double factor = 0.1;  ///< step, multi_step: multiplies the rate
  int every = 1;        ///< step: epochs between drops
  std::vector<int> milestones;     ///< multi_step: epochs at which it drops
  double minimum = 0;              ///< cosine: the last rate
  double warmup = 0.25;            ///< one_cycle: fraction of steps up to the peak
  double start_factor = 0.04;      ///< one_cycle: first rate / peak
  double final_factor = 0.0004;    ///< one_cycle: last rate / peak
  Anneal anneal = Anneal::linear;  ///< one_cycle
  bool operator==(const ScheduleSpec&) const = default;
};

/// The border of an image: 0 after normalisation (the mean colour), black pixels, or the image
/// mirrored about its edge pixels.
enum class Border { zero, black, reflect };
enum class Flip { none, random, alternating };

/// Rotates by an angle uniform in ±degrees.
struct RotationSpec {
  double degrees = 0;
  double probability = 1;
  Border border = Border::reflect;
  bool operator==(const RotationSpec&) const = default;
};

/// Shifts by ±shift of each side, scales by 1 ± scale and rotates by ±degrees, all about the
/// centre.
struct ShiftScaleRotateSpec {
  double shift = 0;
  double scale = 0;
  double degrees = 0;
  double probability = 0.5;
  Border border = Border::reflect;
  bool operator==(const ShiftScaleRotateSpec&) const = default;
};

struct Interval {
  double least = 0;
  double most = 1;
  bool operator==(const Interval&) const = default;
};

/// Crops a window of random area and aspect ratio and scales it to the image's size.
struct ResizedCropSpec {
  Interval area = {0.08, 1};          ///< shares of the image's area
  Interval aspect = {0.75, 4.0 / 3};  ///< width / height
  double probability = 1;
  bool operator==(const ResizedCropSpec&) const = default;
};

/// Pads each side by so many pixels, and crops a random window of the image's size.
struct CropSpec {
  int padding = 0;
  Border border = Border::reflect;
  bool operator==(const CropSpec&) const = default;
};

/// The largest relative changes of brightness, contrast and saturation, and the largest change of
/// hue in turns.
struct ColourJitterSpec {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;
  double probability = 1;
  bool operator==(const ColourJitterSpec&) const = default;
};

/// A square of `size` pixels set to zero (the mean colour) around a random pixel.
struct CutoutSpec {
  int size = 0;
  double probability = 1;
  bool operator==(const CutoutSpec&) const = default;
};

/// Random changes of training images, applied in the order of the members.
struct AugmentSpec {
  std::optional<ShiftScaleRotateSpec> shift_scale_rotate;
  std::optional<RotationSpec> rotation;
  std::optional<ResizedCropSpec> resized_crop;
  std::optional<CropSpec> crop;
  Flip flip = Flip::none;
  std::optional<ColourJitterSpec> colour_jitter;
  std::optional<CutoutSpec> cutout;
  double mixup = 0;  ///< alpha of the Beta distribution that mixes pairs of images; 0: none
  bool operator==(const AugmentSpec&) const = default;
};

/// Clips the gradient before each step: its norm over all parameters, or each of its elements.
enum class ClipKind { none, norm, value };
struct ClipSpec {
  ClipKind kind = ClipKind::none;
  double limit = 1;
  bool operator==(const ClipSpec&) const = default;
};

/// Ends a run whose metric has not improved by more than `min_change` in `patience` epochs. The
/// best epoch's weights are then restored and reported.
enum class StopMetric { test_loss, test_accuracy, train_loss, train_accuracy };
struct EarlyStoppingSpec {
  StopMetric metric = StopMetric::test_loss;
  int patience = 5;
  double min_change = 0;
  bool operator==(const EarlyStoppingSpec&) const = default;
};

struct TrainSpec {
  int epochs = 20;
  int batch = 128;  ///< images per step; a multiple of 16 (the CPU target's lanes)
  std::uint64_t seed = 1;
  double label_smoothing = 0;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  AugmentSpec augment;
  ClipSpec clip;
  double ema = 0;  ///< decay of the weights' moving average, which is then evaluated; 0: none
  std::optional<EarlyStoppingSpec> early_stopping;
  bool operator==(const TrainSpec&) const = default;
};

/// What the spec itself is called among its variants.
inline constexpr char kBase[] = "base";

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
