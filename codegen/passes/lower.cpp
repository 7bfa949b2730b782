#include <map>

#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

class Lowering {
 public:
  explicit Lowering(const Spec& spec) : spec_(spec) {
    graph_.input = spec.data.image;
    graph_.classes = spec.data.classes;
    graph_.batch = spec.train.batch;
  }

  Graph run() {
    for (const LayerSpec& layer : spec_.layers) expand(layer);
    LayerSpec loss;
    loss.name = "loss";
    if (!spec_.layers.empty()) loss.where = spec_.layers.back().where;
    last_ = append(loss, "loss", Loss{}, {last_});
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
        return append_core(layer);
      case BlockStep::norm:
        if (layer.norm.kind == NormKind::none) return;
        return chain(layer, "norm", Norm{layer.norm});
      case BlockStep::activation:
        if (layer.activation.kind == ActivationKind::none) return;
        return chain(layer, "activation", Activation{layer.activation});
      case BlockStep::dropout:
        if (layer.dropout.rate == 0) return;
        return chain(layer, "dropout", Dropout{layer.dropout, dropouts_++});
    }
  }

  void append_core(const LayerSpec& layer) {
    switch (layer.kind) {
      case LayerKind::convolution:
        return chain(layer, "conv", conv(layer, layer.out_channels, layer.groups));
      case LayerKind::depthwise: {
        const int channels = channels_now();
        const int out = layer.out_channels == 0 ? channels : layer.out_channels;
        return chain(layer, "conv", conv(layer, out, channels));
      }
      case LayerKind::pool:
        return chain(layer, "pool", Pool{layer.pool, layer.kernel, layer.stride, layer.padding});
      case LayerKind::global_pool:
        return chain(layer, "global_pool", GlobalPool{});
      case LayerKind::linear:
        return chain(layer, "linear", Linear{layer.out_channels, layer.bias, layer.init});
    }
  }

  Conv conv(const LayerSpec& layer, int out_channels, int groups) const {
    const bool depthwise =
        layer.kind == LayerKind::depthwise || (groups > 1 && groups == channels_now());
    return {out_channels, layer.kernel, layer.stride, layer.padding, layer.dilation,
            groups,       layer.bias,   layer.init,   depthwise};
  }

  /// Channels of the value that the next operation reads: depthwise convolutions follow them.
  int channels_now() const {
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      if (const auto* conv = std::get_if<Conv>(&node->op)) return conv->out_channels;
      if (const auto* linear = std::get_if<Linear>(&node->op)) return linear->out_features;
    }
    return graph_.input.channels;
  }

  /// The earlier layer's output, projected where the spec says so, and the sum.
  void add_skip(const LayerSpec& layer) {
    const SkipSpec& skip = *layer.skip;
    int earlier = output_of_.at(skip.from);
    if (skip.projection) earlier = project(layer, *skip.projection, earlier);
    const int stride = skip.projection ? skip.projection->stride : 0;
    last_ = append(layer, "add", Add{skip.from, stride}, {last_, earlier});
  }

  /// A 1x1 convolution to the layer's channels, and its norm. Its weights start as the layer's.
  int project(const LayerSpec& layer, const ProjectionSpec& projection, int input) {
    const bool normed = projection.norm.kind != NormKind::none;
    Conv conv;
    conv.out_channels = channels_now();
    conv.stride = projection.stride;
    conv.bias = projection.bias;
    conv.init = layer.init;
    const int projected = append(layer, "conv", conv, {input}, ".skip");
    return normed ? append(layer, "norm", Norm{projection.norm}, {projected}, ".skip") : projected;
  }

  /// An operation on the layer's own way, after what came before.
  void chain(const LayerSpec& layer, const std::string& kind, Op op) {
    last_ = append(layer, kind, std::move(op), {last_});
  }

  /// Returns the new node's index. `part` ends its scope.
  int append(const LayerSpec& layer, const std::string& kind, Op op, std::vector<int> inputs,
             const std::string& part = "") {
    Node node;
    node.layer = layer.name;
    node.scope = layer.name + part;
    node.name = identifier(node.scope) + "_" + kind;
    node.op = std::move(op);
    node.inputs = std::move(inputs);
    node.where = layer.where;
    graph_.nodes.push_back(std::move(node));
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  const Spec& spec_;
  Graph graph_;
  std::map<std::string, int> output_of_;
  int last_ = kNetworkInput;
  int dropouts_ = 0;
};

}  // namespace

Graph lower(const Spec& spec) { return Lowering(spec).run(); }

}  // namespace castnet::codegen
