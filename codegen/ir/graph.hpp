// Graph: the layers in order as single operations, with static shapes, parameters, MACs and
// receptive fields. These are plain values. passes/lower makes them, and passes/infer completes
// them.
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
  bool depthwise = false;  ///< whether each channel has a filter of its own
  bool operator==(const Conv&) const = default;
};

/// A normalisation, and the activation that follows it once passes/fuse_norm has fused the two.
struct Norm {
  NormSpec norm;
  ActivationSpec activation{.kind = ActivationKind::none};
  bool operator==(const Norm&) const = default;
};

/// A normalisation over the channels of each single pixel.
struct ChannelNorm {
  NormSpec norm;
  bool operator==(const ChannelNorm&) const = default;
};

struct Activation {
  ActivationSpec activation;
  bool operator==(const Activation&) const = default;
};

/// A rectifier with a learned slope for negative inputs, one for each channel or one for all.
struct Prelu {
  bool shared = false;
  double init = 0.25;
  bool operator==(const Prelu&) const = default;
};

struct Dropout {
  DropoutSpec dropout;
  int index = 0;  ///< index of the dropout in the network, from 0; it chooses the random stream
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
  std::string from;           ///< the layer of the second activation
  int projection_stride = 0;  ///< stride of the projection; 0: no projection
  bool operator==(const Add&) const = default;
};

/// Multiplies each channel of the first input by the second input's value for that channel.
struct Scale {
  int reduction = 1;  ///< ratio of the squeeze-and-excitation that computes the second input
  bool operator==(const Scale&) const = default;
};

/// Softmax cross-entropy of the logits against the targets.
struct Loss {
  bool operator==(const Loss&) const = default;
};

/// Every kind of operation; layers/registry.cpp holds one row for each, in this order.
using Op = std::variant<Conv, Norm, ChannelNorm, Activation, Prelu, Dropout, Pool, GlobalPool,
                        Linear, Add, Scale, Loss>;

/// The kind of a trainable tensor, by which penalties and factors of the learning rate choose. A
/// slope belongs to a rectifier.
enum class TensorKind { weight, bias, norm, slope };

/// A trainable tensor, or a tensor of running statistics.
struct Tensor {
  std::string name;  ///< its name in PyTorch's style, e.g. C1.conv.weight
  std::vector<int> shape = {};
  double centre = 0;  ///< initial values: uniform in centre ± bound
  double bound = 0;
  bool dirac = false;      ///< whether a convolution's weights pass its first channels through
  bool is_matrix = false;  ///< whether these are the weights of one linear map, outputs outermost
  TensorKind kind = TensorKind::weight;
  std::int64_t elements() const;
  bool operator==(const Tensor&) const = default;
};

/// The image's pixels that outputs see along one axis. The first output sees the pixels from
/// `first` to `last`, which may lie in the padding. Each next output sees those `jump` further on.
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
  std::string scope;  ///< prefix of its tensors' names: C4, or C4.skip for the projection of a skip
  std::string name;   ///< name of the operation, e.g. C4_conv, C4_skip_conv
  Op op;
  std::vector<int> inputs;  ///< node indices, or kNetworkInput
  Location where;
  /// The operations that are fused with this one, in order. They have shapes of their own in
  /// generated source. passes/fuse_norm fuses a dropout with a norm and its activation,
  /// passes/fuse_conv_pool a max pooling with a 1x1 convolution, and passes/fuse_conv_activation an
  /// activation with any convolution. Only the last operation's output is stored.
  std::vector<Node> fused;
  /// A norm whose output is never stored. The reader computes it from the norm's input and
  /// statistics (passes/normalise_on_read).
  bool on_read = false;
  // Known after passes/infer:
  Shape in;
  Shape out;
  std::vector<Tensor> parameters;
  std::vector<Tensor> statistics;  ///< running statistics, by which evaluation normalises
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

/// The node, or the last operation that is fused with it. Its output is that of the whole
/// operation.
const Node& last_fused(const Node& node);

/// A dotted name in the spelling of generated source: C4.conv.weight becomes C4_conv_weight.
std::string identifier(std::string name);

struct Graph {
  Shape input;
  int classes = 0;
  int batch = 0;
  std::vector<Node> nodes;
  bool operator==(const Graph&) const = default;
};

/// The last node whose output has more than one pixel; kNetworkInput if there is none.
int last_with_pixels(const Graph& graph);

/// The totals of one layer of the spec, or of all.
struct LayerSummary {
  std::string name;
  std::string kind;  ///< e.g. "3x3 conv 16, batch norm, relu"
  Shape out;
  FieldSize field;
  std::int64_t parameters = 0;
  std::int64_t norm_parameters = 0;   ///< the part of these in the norm's affine
  std::int64_t statistics = 0;        ///< running statistics
  std::int64_t macs = 0;              ///< of one image, forward
  std::int64_t activation_bytes = 0;  ///< per image: every stored output in float32
  bool operator==(const LayerSummary&) const = default;
};

}  // namespace castnet::codegen
