// Convolution with any kernel, stride, padding, dilation and groups. A depthwise one has one group
// per channel.
#include <fmt/format.h>

#include <algorithm>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

int extent(const Conv& conv) { return conv.dilation * (conv.kernel - 1) + 1; }

class ConvType final : public LayerType {
 public:
  std::string_view name() const override { return "conv"; }
  std::string_view shape_template() const override { return name(); }

  std::optional<Op> core(const LayerSpec& layer, int channels) const override {
    const bool depthwise = layer.kind == LayerKind::depthwise;
    if (!depthwise && layer.kind != LayerKind::convolution) return {};
    const int groups = depthwise ? channels : layer.groups;
    return Conv{
        .out_channels = depthwise && layer.out_channels == 0 ? channels : layer.out_channels,
        .kernel = layer.kernel,
        .stride = layer.stride,
        .padding = layer.padding,
        .dilation = layer.dilation,
        .groups = groups,
        .bias = layer.bias,
        .init = layer.init,
        .depthwise = depthwise || (groups > 1 && groups == channels)};
  }

  int out_channels(const Op& op, int) const override { return std::get<Conv>(op).out_channels; }

  std::optional<std::string> problem(const Op& op, const std::vector<Shape>& in) const override {
    const auto& conv = std::get<Conv>(op);
    const Shape& x = in.front();
    if (x.channels % conv.groups != 0 || conv.out_channels % conv.groups != 0) {
      return fmt::format("groups: {} does not divide both {} input and {} output channels",
                         conv.groups, x.channels, conv.out_channels);
    }
    const int height = x.height + 2 * conv.padding;
    const int width = x.width + 2 * conv.padding;
    if (extent(conv) > height || extent(conv) > width) {
      return fmt::format(
          "a kernel that spans {0}x{0} pixels is larger than its input of {1}x{2} (with padding "
          "{3}); use a smaller kernel, more padding or fewer pools before it",
          extent(conv), height, width, conv.padding);
    }
    return {};
  }

  Shape shape(const Op& op, const Shape& in) const override {
    const auto& conv = std::get<Conv>(op);
    return {conv.out_channels, (in.height + 2 * conv.padding - extent(conv)) / conv.stride + 1,
            (in.width + 2 * conv.padding - extent(conv)) / conv.stride + 1};
  }

  std::vector<Tensor> parameters(const Op& op, const Shape& in) const override {
    const auto& conv = std::get<Conv>(op);
    const int channels = in.channels / conv.groups;
    const int pixels = conv.kernel * conv.kernel;
    const InitialBounds bounds =
        initial_bounds(conv.init, channels * pixels, conv.out_channels * pixels);
    const bool matrix = conv.groups == 1 && !conv.depthwise;
    std::vector<Tensor> tensors{{.name = "conv.weight",
                                 .shape = {conv.out_channels, channels, conv.kernel, conv.kernel},
                                 .bound = bounds.weight,
                                 .dirac = conv.init == Init::dirac,
                                 .is_matrix = matrix}};
    if (conv.bias) {
      tensors.push_back({.name = "conv.bias",
                         .shape = {conv.out_channels},
                         .bound = bounds.bias,
                         .kind = TensorKind::bias});
    }
    return tensors;
  }

  std::int64_t macs(const Op& op, const Shape& in, const Shape& out) const override {
    const auto& conv = std::get<Conv>(op);
    return out.elements() * (in.channels / conv.groups) * conv.kernel * conv.kernel;
  }

  Windows windows(const Op& op, const Shape&) const override {
    const auto& conv = std::get<Conv>(op);
    const Window window{extent(conv), conv.stride, conv.padding};
    return {window, window};
  }

  /// The places of a fused pool's maxima, one byte each.
  Saved saved(const Node& node, int batch) const override {
    if (!fused<Pool>(node)) return {};
    return {node.fused.back().out.elements() * batch / 4, Number::bytes};
  }

  std::vector<BackwardStep> backward(const Node& node) const override {
    std::vector<BackwardStep> steps;
    if (fused<Activation>(node)) {
      steps.push_back({.reads = {Role::y}, .writes = {Role::dz}, .in_place = true});
    }
    BackwardStep weights{.action = Action::backward_weight, .reads = {Role::x}};
    BackwardStep data{.action = Action::backward_data, .writes = {Role::dx}};
    if (fused<Pool>(node)) {
      weights.reads.push_back(Role::saved);
      data.reads.push_back(Role::saved);
    }
    steps.push_back(std::move(weights));
    steps.push_back(std::move(data));
    return steps;
  }

  Values values(const Node& node) const override {
    const auto& conv = std::get<Conv>(node.op);
    Values values = shape_values(node);
    values["k"] = fmt::to_string(conv.out_channels);
    values["kernel"] = fmt::to_string(conv.kernel);
    values["settings"] = setting(conv.stride != 1, "stride", fmt::to_string(conv.stride)) +
                         setting(conv.padding != 0, "padding", fmt::to_string(conv.padding)) +
                         setting(conv.dilation != 1, "dilation", fmt::to_string(conv.dilation)) +
                         setting(conv.groups != 1, "groups", fmt::to_string(conv.groups)) +
                         setting(conv.bias, "bias", "true");
    return values;
  }

  std::string describe(const Op& op) const override {
    const auto& conv = std::get<Conv>(op);
    std::string text = fmt::format("{0}x{0} conv {1}", conv.kernel, conv.out_channels);
    if (conv.stride != 1) text += fmt::format(" /{}", conv.stride);
    const bool odd = conv.kernel % 2 == 1;
    if (conv.padding != (odd ? conv.dilation * (conv.kernel - 1) / 2 : 0)) {
      text += fmt::format(" padded {}", conv.padding);
    }
    if (conv.dilation != 1) text += fmt::format(" dilated {}", conv.dilation);
    if (conv.depthwise) {
      text += " depthwise";
    } else if (conv.groups != 1) {
      text += fmt::format(" in {} groups", conv.groups);
    }
    if (conv.bias) text += " + bias";
    return text.append(init_note(conv.init));
  }
};

}  // namespace

const LayerType& conv_type() {
  static const ConvType type;
  return type;
}

}  // namespace castnet::codegen
