// LayerType: all facts about one kind of operation that hold for every target. Each kind has a file
// of its own beside this one and one row of registry.cpp. Shape inference, counts, the plan and
// every emitter use these facts.
#pragma once

#include <map>
#include <optional>

#include "ir/plan.hpp"

namespace castnet::codegen {

/// Template placeholders and their values.
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

/// One backward operation of a node: the buffers that it reads and writes beside the gradient of
/// the output, in order. After a step that writes dz, the next steps read dz in place of dy.
struct BackwardStep {
  Action action = Action::backward;
  std::vector<Role> reads = {};
  std::vector<Role> writes = {};
  bool in_place = false;  ///< whether the last written buffer may take dy's memory
};

/// Data that forward keeps for backward beside its input and output.
struct Saved {
  std::int64_t elements = 0;
  Number number = Number::real;
  bool over_batch = false;  ///< whether it is one for all images, and not a part for each image
};

class LayerType {
 public:
  virtual ~LayerType() = default;

  /// The name of the template file of every target, and the end of the node's name.
  virtual std::string_view name() const = 0;

  /// The operation of such a layer's core with this number of input channels, if it is of this
  /// kind.
  virtual std::optional<Op> core(const LayerSpec&, int /*channels*/) const { return {}; }
  virtual int out_channels(const Op&, int channels) const { return channels; }

  /// The problem of the operation with these input shapes, with the values on both sides; empty if
  /// there is none.
  virtual std::optional<std::string> problem(const Op&, const std::vector<Shape>&) const {
    return {};
  }
  /// The reason why the output cannot depend on the input, however the network is trained, and what
  /// to do. `before` makes the first input; null stands for the images. Needs the node's shapes.
  virtual std::optional<std::string> futile(const Node&, const Node* /*before*/,
                                            int /*batch*/) const {
    return {};
  }
  virtual Shape shape(const Op&, const Shape& in) const { return in; }
  virtual std::vector<Tensor> parameters(const Op&, const Shape&) const { return {}; }
  /// The tensors of running statistics.
  virtual std::vector<Tensor> statistics(const Op&, const Shape&) const { return {}; }
  /// The multiply-adds of one image's forward pass. Norms, activations and pools count as none.
  virtual std::int64_t macs(const Op&, const Shape&, const Shape&) const { return 0; }
  virtual Windows windows(const Op&, const Shape&) const { return {}; }
  /// Whether an output's receptive field is that of the first input alone.
  virtual bool sees_first_alone() const { return false; }

  virtual Saved saved(const Node&, int /*batch*/) const { return {}; }
  /// Whether forward may write its output over its input.
  virtual bool forward_in_place(const Op&) const { return false; }
  /// Whether backward after a forward of evaluation gives the gradient of evaluation.
  virtual bool evaluation_backward(const Op&) const { return true; }
  /// Backward's operations in order. If there are none, each input's gradient is the output's,
  /// unchanged.
  virtual std::vector<BackwardStep> backward(const Node&) const = 0;

  /// The file below templates/common that prints the node's shape. MapShape is that of operations
  /// without attributes.
  virtual std::string_view shape_template() const { return "map"; }
  /// The placeholders of the node's templates beside the buffers and tensors.
  virtual Values values(const Node& node) const = 0;
  /// A few words for people, e.g. "3x3 conv 16".
  virtual std::string describe(const Op&) const = 0;
};

const LayerType& layer_type(const Op& op);

/// The operation of the layer's core with this number of input channels.
Op core_of(const LayerSpec& layer, int channels);

/// The bounds of initial weights and biases, which are uniform in ± these.
struct InitialBounds {
  double weight = 0;
  double bias = 0;
};

/// PyTorch's default (Kaiming uniform with a = sqrt(5), which is ±1/sqrt(fan_in)). For weights it
/// may also be torch.nn.init.xavier_uniform_: ±sqrt(6 / (fan_in + fan_out)).
InitialBounds initial_bounds(Init init, int fan_in, int fan_out);

/// The activation in words, e.g. "leaky_relu (slope 0.2)"; a default slope is not mentioned.
std::string describe(const ActivationSpec& activation);

/// setting() of the activation's slope.
std::string slope_setting(const ActivationSpec& activation);

/// The part of a description for initial weights other than the default's, e.g. " (xavier)".
std::string init_note(Init init);

/// ", .name = value", as a shape's initialiser goes on; empty where the setting has no effect.
std::string setting(bool has_effect, std::string_view name, std::string_view value);

/// Values that most templates use: node, its name, and its input's c, h and w.
Values shape_values(const Node& node);
std::string to_text(const Shape& shape);      ///< "24x16x16"
std::string to_text(const FieldSize& field);  ///< "7x7", height first
std::string to_text(double value);            ///< the shortest text that reads back equal

}  // namespace castnet::codegen
