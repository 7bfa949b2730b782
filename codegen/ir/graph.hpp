// Graph: the layers in order as single operations, with static shapes, parameters, MACs and
// receptive fields. Plain values; made by passes/lower and completed by passes/infer.
#pragma once

#include <variant>

#include "ir/spec.hpp"

namespace castnet::codegen {

struct Conv {
  int out_channels = 0;
  int kernel = 1;
  int stride = 1;
  int padding = 0;
  int dilation = 1;
  int groups = 1;
  bool bias = false;
  Init init = Init::kaiming;
  bool depthwise = false;  ///< each channel has a filter of its own, also where there is only one
  bool operator==(const Conv&) const = default;
};

/// A normalisation, and the activation that follows it once passes/fuse_norm has fused the two.
struct Norm {
  NormSpec norm;
  ActivationSpec activation{.kind = ActivationKind::none};
  bool operator==(const Norm&) const = default;
};

/// A normalisation over the channels of each pixel by itself.
struct ChannelNorm {
  NormSpec norm;
  bool operator==(const ChannelNorm&) const = default;
};

struct Activation {
  ActivationSpec activation;
  bool operator==(const Activation&) const = default;
};

/// A rectifier whose slope for negative inputs is learned, of each channel or of all.
struct Prelu {
  bool shared = false;
  double init = 0.25;
  bool operator==(const Prelu&) const = default;
};

struct Dropout {
  DropoutSpec dropout;
  int index = 0;  ///< which dropout of the network, from 0: its random stream
  bool operator==(const Dropout&) const = default;
};

struct Pool {
  PoolKind kind = PoolKind::max;
  int kernel = 2;
  int stride = 2;
  int padding = 0;
  bool operator==(const Pool&) const = default;
};

struct GlobalPool {
  bool operator==(const GlobalPool&) const = default;
};

struct Linear {
  int out_features = 0;
  bool bias = true;
  Init init = Init::kaiming;
  bool operator==(const Linear&) const = default;
};

/// The sum of two activations of one shape.
struct Add {
  std::string from;           ///< the layer that the second one comes from
  int projection_stride = 0;  ///< of the convolution on the way; 0: as it is
  bool operator==(const Add&) const = default;
};

/// The first input, each of whose channels is multiplied by the second input's one value of it.
struct Scale {
  int reduction = 1;  ///< of the squeeze-and-excitation that computes the second
  bool operator==(const Scale&) const = default;
};

/// Softmax cross-entropy of the logits against the targets.
struct Loss {
  bool operator==(const Loss&) const = default;
};

/// Every kind of operation; layers/registry.cpp holds one row for each, in this order.
using Op = std::variant<Conv, Norm, ChannelNorm, Activation, Prelu, Dropout, Pool, GlobalPool,
                        Linear, Add, Scale, Loss>;

/// What a trainable tensor is to its layer: by this, penalties and factors of the learning rate
/// choose. A slope is a rectifier's.
enum class TensorKind { weight, bias, norm, slope };

/// A trainable tensor, or one of running statistics.
struct Tensor {
  std::string name;  ///< PyTorch's, e.g. C1.conv.weight
  std::vector<int> shape = {};
  double centre = 0;  ///< initial values: uniform in centre ± bound
  double bound = 0;
  bool dirac = false;      ///< a convolution's weights that pass its first channels through
  bool is_matrix = false;  ///< a linear map's weights, its outputs outermost
  TensorKind kind = TensorKind::weight;
  std::int64_t elements() const;
  bool operator==(const Tensor&) const = default;
};

/// The image's pixels that outputs see along one axis: the first output those from `first` to
/// `last` (which may lie in the padding), each next one those `jump` further on.
struct FieldAxis {
  std::int64_t first = 0;
  std::int64_t last = 0;
  int jump = 1;
  int size() const;  ///< at most the largest int
  bool operator==(const FieldAxis&) const = default;
};

/// The rectangle of the image's pixels that one output sees.
struct FieldSize {
  int height = 1;
  int width = 1;
  bool operator==(const FieldSize&) const = default;
};

struct ReceptiveField {
  FieldAxis height, width;
  FieldSize size() const { return {height.size(), width.size()}; }
  bool operator==(const ReceptiveField&) const = default;
};

inline constexpr int kNetworkInput = -1;

struct Node {
  std::string layer;  ///< the spec's layer, e.g. C4
  std::string scope;  ///< begins its tensors' names: C4, or C4.skip beside the layer's own way
  std::string name;   ///< of the operation, e.g. C4_conv, C4_skip_conv
  Op op;
  std::vector<int> inputs;  ///< node indices, or kNetworkInput
  Location where;
  /// What works on the output at once, in order, with shapes of their own in generated source: the
  /// dropout that passes/fuse_norm has fused with a norm and its activation, the max pooling that
  /// passes/fuse_conv_pool has fused with a 1x1 convolution, the activation that
  /// passes/fuse_conv_activation has fused with any convolution. Only the last one's output is
  /// stored.
  std::vector<Node> fused;
  /// A norm whose output is never stored: what reads it computes it, from the norm's input and
  /// statistics (passes/normalise_on_read).
  bool on_read = false;
  // Known after passes/infer:
  Shape in;
  Shape out;
  std::vector<Tensor> parameters;
  std::vector<Tensor> statistics;  ///< running ones, which evaluation normalises by
  std::int64_t macs = 0;
  ReceptiveField field;
  bool operator==(const Node&) const = default;
};

/// Whether an operation of this kind is fused with the node.
template <class Kind>
bool fused(const Node& node) {
  for (const Node& one : node.fused) {
    if (std::holds_alternative<Kind>(one.op)) return true;
  }
  return false;
}

/// The node, or the last that is fused with it: whose output is the whole operation's.
const Node& last_fused(const Node& node);

/// A dotted name as generated source spells it: C4.conv.weight as C4_conv_weight.
std::string identifier(std::string name);

struct Graph {
  Shape input;
  int classes = 0;
  int batch = 0;
  std::vector<Node> nodes;
  bool operator==(const Graph&) const = default;
};

/// The last node whose output has more than one pixel; kNetworkInput where there is none.
int last_with_pixels(const Graph& graph);

/// The totals of one layer of the spec, or of all.
struct LayerSummary {
  std::string name;
  std::string kind;  ///< e.g. "3x3 conv 16, batch norm, relu"
  Shape out;
  FieldSize field;
  std::int64_t parameters = 0;
  std::int64_t norm_parameters = 0;   ///< of these, the norm's affine
  std::int64_t statistics = 0;        ///< running ones
  std::int64_t macs = 0;              ///< of one image, forward
  std::int64_t activation_bytes = 0;  ///< of one image, every stored output in float32
  bool operator==(const LayerSummary&) const = default;
};

}  // namespace castnet::codegen
