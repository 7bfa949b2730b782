// Fully connected layer from every input element to every output, in PyTorch's flatten order (C, H,
// W).
#include <fmt/format.h>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class LinearType final : public LayerType {
 public:
  std::string_view name() const override { return "linear"; }
  std::string_view shape_template() const override { return name(); }

  std::optional<Op> core(const LayerSpec& layer, int) const override {
    if (layer.kind != LayerKind::linear) return {};
    return Linear{layer.out_channels, layer.bias, layer.init};
  }

  int out_channels(const Op& op, int) const override { return std::get<Linear>(op).out_features; }

  Shape shape(const Op& op, const Shape&) const override {
    return {std::get<Linear>(op).out_features, 1, 1};
  }

  std::vector<Tensor> parameters(const Op& op, const Shape& in) const override {
    const auto& linear = std::get<Linear>(op);
    const int features = static_cast<int>(in.elements());
    const InitialBounds bounds = initial_bounds(linear.init, features, linear.out_features);
    std::vector<Tensor> tensors{{.name = "linear.weight",
                                 .shape = {linear.out_features, features},
                                 .bound = bounds.weight,
                                 .is_matrix = true}};
    if (linear.bias) {
      tensors.push_back({.name = "linear.bias",
                         .shape = {linear.out_features},
                         .bound = bounds.bias,
                         .kind = TensorKind::bias});
    }
    return tensors;
  }

  std::int64_t macs(const Op&, const Shape& in, const Shape& out) const override {
    return in.elements() * out.elements();
  }

  Windows windows(const Op&, const Shape& in) const override {
    return {{.extent = in.height}, {.extent = in.width}};
  }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.action = Action::backward_weight, .reads = {Role::x}},
            {.action = Action::backward_data, .writes = {Role::dx}}};
  }

  Values values(const Node& node) const override {
    const auto& linear = std::get<Linear>(node.op);
    return {{"node", node.name},
            {"in_features", fmt::to_string(node.in.elements())},
            {"out_features", fmt::to_string(linear.out_features)},
            {"has_bias", linear.bias ? "true" : "false"}};
  }

  std::string describe(const Op& op) const override {
    const auto& linear = std::get<Linear>(op);
    return fmt::format("linear {}{}{}", linear.out_features, linear.bias ? " + bias" : "",
                       init_note(linear.init));
  }
};

}  // namespace

const LayerType& linear_type() {
  static const LinearType type;
  return type;
}

}  // namespace castnet::codegen
