// LayerType: all facts of one kind of operation that hold for every target. Each kind stands in a
// file of its own beside this one and in one row of registry.cpp; shape inference, counts, the plan
// and every emitter ask here.
#pragma once

#include <map>
#include <optional>

#include "ir/plan.hpp"

namespace castnet::codegen {

/// Template placeholders and what they become.
using Values = std::map<std::string, std::string>;

/// The input pixels that one output pixel sees along one axis; the first one's window begins in the
/// padding.
struct Window {
  int extent = 1;
  int stride = 1;
  int padding = 0;
};

struct Windows {
  Window height, width;
};

/// One backward operation of a node, and what it reads and writes beside the gradient of the
/// output, in order. After a step that writes dz the next ones read that in dy's place.
struct BackwardStep {
  Action action = Action::backward;
  std::vector<Role> reads = {};
  std::vector<Role> writes = {};
  bool in_place = false;  ///< the last that is written may take dy's memory
};

/// What forward keeps for backward beside its input and output.
struct Saved {
  std::int64_t elements = 0;
  Number number = Number::real;
  bool over_batch = false;  ///< one for all images, not some of each
};

class LayerType {
 public:
  virtual ~LayerType() = default;

  /// Names the template file of every target, and ends the node's name.
  virtual std::string_view name() const = 0;

  /// The operation that such a layer's core is, of so many input channels, where it is one of this
  /// kind.
  virtual std::optional<Op> core(const LayerSpec&, int /*channels*/) const { return {}; }
  virtual int out_channels(const Op&, int channels) const { return channels; }

  /// What is wrong with the operation for these input shapes, with the values on both sides.
  virtual std::optional<std::string> problem(const Op&, const std::vector<Shape>&) const {
    return {};
  }
  /// Why the output could not depend on the input, however the network is trained, and what to do.
  /// `before` makes the first input; null: the images are it. Needs the node's shapes.
  virtual std::optional<std::string> futile(const Node&, const Node* /*before*/,
                                            int /*batch*/) const {
    return {};
  }
  virtual Shape shape(const Op&, const Shape& in) const { return in; }
  virtual std::vector<Tensor> parameters(const Op&, const Shape&) const { return {}; }
  /// Running statistics.
  virtual std::vector<Tensor> statistics(const Op&, const Shape&) const { return {}; }
  /// Multiply-adds of one image's forward pass; norms, activations and pools count as none.
  virtual std::int64_t macs(const Op&, const Shape&, const Shape&) const { return 0; }
  virtual Windows windows(const Op&, const Shape&) const { return {}; }
  /// Whether an output's receptive field is that of the first input alone.
  virtual bool sees_first_alone() const { return false; }

  virtual Saved saved(const Node&, int /*batch*/) const { return {}; }
  /// Whether forward may write its output over its input.
  virtual bool forward_in_place(const Op&) const { return false; }
  /// Whether backward behind a forward of evaluation gives evaluation's gradient.
  virtual bool evaluation_backward(const Op&) const { return true; }
  /// Backward's operations in order. None: each input's gradient is the output's, unchanged.
  virtual std::vector<BackwardStep> backward(const Node&) const = 0;

  /// The file below templates/common that prints the node's shape. MapShape is that of operations
  /// without attributes.
  virtual std::string_view shape_template() const { return "map"; }
  /// Placeholders of the node's templates beside the buffers and tensors.
  virtual Values values(const Node& node) const = 0;
  /// A few words for people, e.g. "3x3 conv 16".
  virtual std::string describe(const Op&) const = 0;
};

const LayerType& layer_type(const Op& op);

/// The operation that is the layer's core, of so many input channels.
Op core_of(const LayerSpec& layer, int channels);

/// Weights and biases start uniform in ± these.
struct InitialBounds {
  double weight = 0;
  double bias = 0;
};

/// PyTorch's default (Kaiming uniform with a = sqrt(5), which is ±1/sqrt(fan_in)), for weights also
/// torch.nn.init.xavier_uniform_: ±sqrt(6 / (fan_in + fan_out)).
InitialBounds initial_bounds(Init init, int fan_in, int fan_out);

/// The activation in words, e.g. "leaky_relu (slope 0.2)"; a default slope is not told.
std::string describe(const ActivationSpec& activation);

/// setting() of the activation's slope.
std::string slope_setting(const ActivationSpec& activation);

/// What a description says of initial weights that are not the default's, e.g. " (xavier)".
std::string init_note(Init init);

/// ", .name = value", as a shape's initialiser goes on; empty where the setting has no effect.
std::string setting(bool has_effect, std::string_view name, std::string_view value);

/// Values that most templates use: node, its name, and its input's c, h and w.
Values shape_values(const Node& node);
std::string to_text(const Shape& shape);      ///< "24x16x16"
std::string to_text(const FieldSize& field);  ///< "7x7", height first
std::string to_text(double value);            ///< the shortest text that reads back equal

}  // namespace castnet::codegen
