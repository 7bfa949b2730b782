#include <algorithm>
#include <map>

#include "layers/layer_type.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

class Lowering {
 public:
  explicit Lowering(const Spec& spec) : spec_(spec) {
    graph_.input = spec.data.image();
    graph_.classes = spec.data.classes;
    graph_.batch = spec.train.batch;
  }

  Graph run() {
    for (const LayerSpec& layer : spec_.layers) expand(layer);
    LayerSpec loss;
    loss.name = "loss";
    if (!spec_.layers.empty()) loss.where = spec_.layers.back().where;
    last_ = append(loss, Loss{}, {last_});
    graph_.nodes.back().name = "loss";
    return std::move(graph_);
  }

 private:
  void expand(const LayerSpec& layer) {
    bool skip_open = layer.skip.has_value();
    for (const BlockStep step : layer.block) {
      if (step == BlockStep::activation && skip_open &&
          layer.skip->place == SkipPlace::before_activation) {
        add_skip(layer);
        skip_open = false;
      }
      expand_step(layer, step);
    }
    if (skip_open) add_skip(layer);
    output_of_[layer.name] = last_;
  }

  void expand_step(const LayerSpec& layer, BlockStep step) {
    switch (step) {
      case BlockStep::core:
        return chain(layer, core_of(layer, channels_of(last_)));
      case BlockStep::norm:
        if (layer.norm.kind == NormKind::none) return;
        return chain(layer, norm(layer.norm));
      case BlockStep::activation:
        if (layer.activation.kind == ActivationKind::none) return;
        return chain(layer, activation(layer.activation));
      case BlockStep::squeeze:
        if (layer.squeeze == 0) return;
        return squeeze(layer);
      case BlockStep::dropout:
        if (layer.dropout.rate == 0) return;
        return chain(layer, Dropout{layer.dropout, dropouts_++});
    }
  }

  static Op norm(const NormSpec& norm) {
    if (norm.kind == NormKind::channel) return ChannelNorm{norm};
    return Norm{norm};
  }

  static Op activation(const ActivationSpec& activation) {
    if (activation.kind == ActivationKind::prelu) {
      return Prelu{activation.shared, activation.init};
    }
    return Activation{activation};
  }

  /// Squeeze and excitation: from each channel's mean, a factor of it.
  void squeeze(const LayerSpec& layer) {
    const int channels = channels_of(last_);
    const auto convolution = [&](int out_channels, int input, const std::string& suffix) {
      const Conv conv{.out_channels = out_channels, .bias = true, .init = layer.init};
      return append(layer, conv, {input}, suffix);
    };
    const auto activate = [&](ActivationKind kind, int input, const std::string& suffix) {
      return append(layer, Activation{{.kind = kind}}, {input}, suffix);
    };
    int gate = append(layer, GlobalPool{}, {last_}, ".squeeze");
    gate = convolution(std::max(1, channels / layer.squeeze), gate, ".reduce");
    gate = activate(ActivationKind::relu, gate, ".reduce");
    gate = convolution(channels, gate, ".expand");
    gate = activate(ActivationKind::sigmoid, gate, ".expand");
    last_ = append(layer, Scale{layer.squeeze}, {last_, gate});
  }

  int channels_of(int node) const {
    return node == kNetworkInput ? graph_.input.channels
                                 : channels_[static_cast<std::size_t>(node)];
  }

  /// The earlier layer's output, projected where the spec says so, and the sum.
  void add_skip(const LayerSpec& layer) {
    const SkipSpec& skip = *layer.skip;
    int earlier = output_of_.at(skip.from);
    if (skip.projection) earlier = project(layer, *skip.projection, earlier);
    const int stride = skip.projection ? skip.projection->stride : 0;
    last_ = append(layer, Add{skip.from, stride}, {last_, earlier});
  }

  /// A 1x1 convolution to the layer's channels, and its norm. Its weights start as the layer's.
  int project(const LayerSpec& layer, const ProjectionSpec& projection, int input) {
    const bool normed = projection.norm.kind != NormKind::none;
    Conv conv;
    conv.out_channels = channels_of(last_);
    conv.stride = projection.stride;
    conv.bias = projection.bias;
    conv.init = layer.init;
    const int projected = append(layer, conv, {input}, ".skip");
    return normed ? append(layer, norm(projection.norm), {projected}, ".skip") : projected;
  }

  /// An operation on the layer's own way, after what came before.
  void chain(const LayerSpec& layer, Op op) { last_ = append(layer, std::move(op), {last_}); }

  /// Returns the new node's index. `suffix` ends its scope.
  int append(const LayerSpec& layer, Op op, std::vector<int> inputs,
             const std::string& suffix = "") {
    Node node;
    node.layer = layer.name;
    node.scope = layer.name + suffix;
    const LayerType& type = layer_type(op);
    node.name = identifier(node.scope).append("_").append(type.name());
    channels_.push_back(type.out_channels(op, channels_of(inputs.front())));
    node.op = std::move(op);
    node.inputs = std::move(inputs);
    node.where = layer.where;
    graph_.nodes.push_back(std::move(node));
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  const Spec& spec_;
  Graph graph_;
  std::vector<int> channels_;  ///< of each node's output
  std::map<std::string, int> output_of_;
  int last_ = kNetworkInput;
  int dropouts_ = 0;
};

}  // namespace

Graph lower(const Spec& spec) { return Lowering(spec).run(); }

}  // namespace castnet::codegen
