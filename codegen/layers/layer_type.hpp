// LayerType: all facts of one kind of operation. Each kind stands in a file of its own beside this
// one and in one row of registry.cpp; shape inference, counts, the plan and every emitter ask here.
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

/// One backward operation of a node and what it reads beside the gradient of the output.
struct BackwardStep {
  Action action = Action::backward;
  bool reads_x = false;
  bool reads_y = false;
  bool reads_saved = false;
  bool writes_dx = false;
  bool writes_dz = false;    ///< which the steps behind it read in dy's place
  std::int64_t scratch = 0;  ///< elements
  std::string_view scratch_name = "parts";
  bool in_place = false;  ///< dx or dz may take dy's memory
};

/// What forward keeps for backward beside its input and output.
struct Saved {
  std::int64_t elements = 0;
  Number number = Number::real;
  bool over_batch = false;  ///< one for all images, not some of each
};

/// A buffer that parts of an operation share.
struct PartBuffer {
  Role role = Role::scratch;
  std::string_view name;  ///< ends the buffer's, e.g. "prepared"
  std::int64_t elements = 0;
  bool by_block = false;
};

/// What of an operation is done at once, and the operation's buffers that it takes.
struct Part {
  Action action = Action::forward;
  std::vector<Role> reads;
  std::vector<Role> writes;
  bool whole_batch = false;
};

/// An operation, block of images by block.
struct Parts {
  std::vector<Part> parts;  ///< in order
  std::vector<PartBuffer> buffers;
};

class LayerType {
 public:
  virtual ~LayerType() = default;

  /// Names the template file of every target, and ends the node's name.
  virtual std::string_view name() const = 0;

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
  virtual std::vector<Tensor> buffers(const Op&, const Shape&) const { return {}; }
  /// Multiply-adds of one image's forward pass; norms, activations and pools count as none.
  virtual std::int64_t macs(const Op&, const Shape&, const Shape&) const { return 0; }
  virtual Windows windows(const Op&, const Shape&) const { return {}; }

  virtual Saved saved(const Node&, int /*batch*/) const { return {}; }
  /// Elements that forward needs meanwhile.
  virtual std::int64_t forward_scratch(const Node&, int) const { return 0; }
  /// Whether forward may write its output over its input.
  virtual bool forward_in_place(const Op&) const { return false; }
  /// Whether backward behind a forward of evaluation gives evaluation's gradient.
  virtual bool evaluation_backward(const Op&) const { return true; }
  /// Backward's operations in order.
  virtual std::vector<BackwardStep> backward(const Node&, int batch) const = 0;

  /// How an operation is done block of images by block; nothing: as it is, without scratch memory.
  virtual std::optional<Parts> parts(const Node&, Action, int /*batch*/) const { return {}; }

  /// Elements that a thread needs while it runs an operation of a plan by blocks, on any machine.
  virtual std::int64_t workspace(const Node&, Action) const { return 0; }

  /// Placeholders of the node's templates beside the buffers and tensors.
  virtual Values values(const Node& node) const = 0;
  /// A few words for people, e.g. "3x3 conv 16".
  virtual std::string describe(const Op&) const = 0;
};

const LayerType& layer_type(const Op& op);

// One for each alternative of Op, defined in the file of that name.
const LayerType& conv_type();
const LayerType& norm_type();
const LayerType& activation_type();
const LayerType& dropout_type();
const LayerType& pool_type();
const LayerType& global_pool_type();
const LayerType& linear_type();
const LayerType& add_type();
const LayerType& loss_type();

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

/// What a description says of initial weights that are not the default's, e.g. " (xavier)".
std::string_view init_note(Init init);

/// Values that most templates use: node, its name, and its input's c, h and w.
Values shape_values(const Node& node);
std::string to_text(const Shape& shape);      ///< "24x16x16"
std::string to_text(const FieldSize& field);  ///< "7x7", height first
std::string to_text(double value);            ///< the shortest text that reads back equal

}  // namespace castnet::codegen
