// Convolution: any kernel, stride, padding, dilation and groups; depthwise: a group a channel.
#include "layers/conv.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

int extent(const Conv& conv) { return conv.dilation * (conv.kernel - 1) + 1; }

/// Whether an operation of this kind is joined to the node.
template <class Kind>
bool joined(const Node& node) {
  return std::ranges::any_of(
      node.joined, [](const Node& part) { return std::holds_alternative<Kind>(part.op); });
}

std::int64_t rounded_up(std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; }

/// Elements of the weights as the cpu target prepares them: upper bounds for each shape, which
/// generated source checks (runtime/kernels/cpu/conv_weights.hpp decides).
std::int64_t prepared_elements(const Conv& conv, const Shape& in, const Shape& out) {
  if (uses_winograd(conv, in, out)) return 36 * in.channels * rounded_up(out.channels, kLanes);
  return conv.groups * rounded_up(out.channels / conv.groups, 4) * (in.channels / conv.groups) *
         conv.kernel * conv.kernel;
}

/// The same for the gradient of the input.
std::int64_t prepared_data_elements(const Conv& conv, const Shape& in, const Shape& out) {
  if (const auto swapped = transposed(conv)) return prepared_elements(*swapped, out, in);
  return std::int64_t{out.channels} * (in.channels / conv.groups) * conv.kernel * conv.kernel;
}

class ConvType final : public LayerType {
 public:
  std::string_view name() const override { return "conv"; }

  std::optional<std::string> problem(const Op& op, const std::vector<Shape>& in) const override {
    const auto& conv = std::get<Conv>(op);
    const Shape& x = in.front();
    if (x.channels % conv.groups != 0 || conv.out_channels % conv.groups != 0) {
      return fmt::format(
          "groups: {} divides neither or not both of {} input and {} output channels", conv.groups,
          x.channels, conv.out_channels);
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
                                 .matrix_rows = matrix ? conv.out_channels : 0}};
    if (conv.bias) tensors.push_back({"conv.bias", {conv.out_channels}, 0, bounds.bias});
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

  /// A joined pool's places of the maxima, a byte each.
  Saved saved(const Node& node, int batch) const override {
    if (!joined<Pool>(node)) return {};
    return {node.joined.back().out.elements() * batch / 4, Number::bytes};
  }

  std::vector<BackwardStep> backward(const Node& node, int batch) const override {
    const std::int64_t weights = node.parameters.front().elements();
    const std::int64_t partial_sums = batch / kLanes * (weights + node.out.channels);
    std::vector<BackwardStep> steps;
    if (joined<Activation>(node)) {
      const bool bias = std::get<Conv>(node.op).bias;
      steps.push_back({.action = Action::backward,
                       .reads_y = true,
                       .writes_dz = true,
                       .scratch = bias ? batch / kLanes * node.out.channels : 0,
                       .scratch_name = "sums",
                       .in_place = true});
    }
    steps.push_back({.action = Action::backward_weight,
                     .reads_x = true,
                     .reads_saved = joined<Pool>(node),
                     .scratch = partial_sums});
    steps.push_back(
        {.action = Action::backward_data, .reads_saved = joined<Pool>(node), .writes_dx = true});
    return steps;
  }

  std::optional<Parts> parts(const Node& node, Action action, int) const override {
    const auto& conv = std::get<Conv>(node.op);
    Parts parts;
    if (action == Action::forward) {
      Part prepare{Action::prepare, {}, {Role::prepared}, true};
      Part forward{
          Action::forward, {Role::x, Role::moments, Role::prepared}, {Role::saved, Role::y}};
      parts.buffers = {{Role::prepared, "prepared", prepared_elements(conv, node.in, node.out)}};
      const auto add = [&](Role role, std::string_view name, std::int64_t elements) {
        parts.buffers.push_back({role, name, elements});
        prepare.writes.push_back(role);
        forward.reads.push_back(role);
      };
      if (joined<Norm>(node)) add(Role::shift, "shift", node.out.channels);
      for (const Node& part : node.joined) {
        const auto* pooled = std::get_if<Conv>(&part.op);
        if (pooled) {
          add(Role::pool_prepared, "pool_prepared", prepared_elements(*pooled, part.in, part.out));
        }
      }
      parts.parts = {prepare, forward};
      return parts;
    }
    if (action != Action::backward_data) return {};
    parts.buffers = {{Role::prepared, "prepared", prepared_data_elements(conv, node.in, node.out)}};
    parts.parts = {{Action::prepare_data, {}, {Role::prepared}, true},
                   {Action::backward_data, {Role::dy, Role::saved, Role::prepared}, {Role::dx}}};
    return parts;
  }

  std::int64_t workspace(const Node& node, Action action) const override {
    return conv_workspace(node, action);
  }

  Values values(const Node& node) const override {
    const auto& conv = std::get<Conv>(node.op);
    Values values = shape_values(node);
    values["k"] = fmt::to_string(conv.out_channels);
    values["kernel"] = fmt::to_string(conv.kernel);
    values["stride"] = fmt::to_string(conv.stride);
    values["padding"] = fmt::to_string(conv.padding);
    values["dilation"] = fmt::to_string(conv.dilation);
    values["groups"] = fmt::to_string(conv.groups);
    values["has_bias"] = conv.bias ? "true" : "false";
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

bool uses_winograd(const Conv& conv, const Shape& in, const Shape& out) {
  const std::int64_t padded =
      rounded_up(out.height, kWinogradTile) * rounded_up(out.width, kWinogradTile);
  const std::int64_t tiles = padded / (kWinogradTile * kWinogradTile);
  return conv.kernel == 3 && conv.stride == 1 && conv.dilation == 1 && conv.groups == 1 &&
         conv.padding < 3 && std::min(in.channels, out.channels) >= 8 &&
         std::int64_t{out.height} * out.width >= 10 * tiles && in.channels <= 128 &&
         in.channels * out.channels <= 8192;
}

std::optional<Conv> transposed(const Conv& conv) {
  Conv swapped = conv;
  swapped.padding = conv.dilation * (conv.kernel - 1) - conv.padding;
  if (conv.stride != 1 || swapped.padding < 0) return {};
  return swapped;
}

const LayerType& conv_type() {
  static const ConvType type;
  return type;
}

}  // namespace castnet::codegen
