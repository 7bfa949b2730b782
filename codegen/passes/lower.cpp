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
    append("loss", "loss", Loss{}, spec_.layers.empty() ? Location{} : spec_.layers.back().where);
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
        return append(layer.name, "norm", Norm{layer.norm}, layer.where);
      case BlockStep::activation:
        if (layer.activation.kind == ActivationKind::none) return;
        return append(layer.name, "activation", Activation{layer.activation}, layer.where);
      case BlockStep::dropout:
        if (layer.dropout.rate == 0) return;
        return append(layer.name, "dropout", Dropout{layer.dropout, dropouts_++}, layer.where);
    }
  }

  void append_core(const LayerSpec& layer) {
    switch (layer.kind) {
      case LayerKind::convolution:
        return append(layer.name, "conv", conv(layer, layer.out_channels, layer.groups),
                      layer.where);
      case LayerKind::depthwise: {
        const int channels = channels_now();
        const int out = layer.out_channels == 0 ? channels : layer.out_channels;
        return append(layer.name, "conv", conv(layer, out, channels), layer.where);
      }
      case LayerKind::pool:
        return append(layer.name, "pool",
                      Pool{layer.pool, layer.kernel, layer.stride, layer.padding}, layer.where);
      case LayerKind::global_pool:
        return append(layer.name, "global_pool", GlobalPool{}, layer.where);
      case LayerKind::linear:
        return append(layer.name, "linear", Linear{layer.out_channels, layer.bias}, layer.where);
    }
  }

  static Conv conv(const LayerSpec& layer, int out_channels, int groups) {
    return {out_channels,   layer.kernel, layer.stride, layer.padding,
            layer.dilation, groups,       layer.bias};
  }

  /// Channels of the value that the next operation reads: depthwise convolutions follow them.
  int channels_now() const {
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      if (const auto* conv = std::get_if<Conv>(&node->op)) return conv->out_channels;
      if (const auto* linear = std::get_if<Linear>(&node->op)) return linear->out_features;
    }
    return graph_.input.channels;
  }

  void add_skip(const LayerSpec& layer) {
    append(layer.name, "add", Add{}, layer.where);
    graph_.nodes.back().inputs.push_back(output_of_.at(layer.skip->from));
  }

  void append(const std::string& layer, const std::string& suffix, Op op, const Location& where) {
    Node node;
    node.layer = layer;
    node.name = layer + "_" + suffix;
    node.op = std::move(op);
    node.inputs = {last_};
    node.where = where;
    graph_.nodes.push_back(std::move(node));
    last_ = static_cast<int>(graph_.nodes.size()) - 1;
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
