// Element-wise activations: ReLU, GELU (exact), SiLU, leaky ReLU, sigmoid.
#include <fmt/format.h>

#include "ir/words.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

/// The derivative of these activations follows from the output, so the input may be overwritten.
bool backward_from_output(const Op& op) {
  const ActivationKind kind = std::get<Activation>(op).activation.kind;
  return kind == ActivationKind::relu || kind == ActivationKind::leaky_relu ||
         kind == ActivationKind::sigmoid;
}

class ActivationType final : public LayerType {
 public:
  std::string_view name() const override { return "activation"; }
  std::string_view shape_template() const override { return name(); }
  bool forward_in_place(const Op& op) const override { return backward_from_output(op); }

  std::vector<BackwardStep> backward(const Node& node) const override {
    return {{.reads = {backward_from_output(node.op) ? Role::y : Role::x},
             .writes = {Role::dx},
             .in_place = true}};
  }

  Values values(const Node& node) const override {
    const ActivationSpec& activation = std::get<Activation>(node.op).activation;
    Values values = shape_values(node);
    values["act"] = to_word(activation.kind);
    values["slope"] = slope_setting(activation);
    return values;
  }

  std::string describe(const Op& op) const override {
    return codegen::describe(std::get<Activation>(op).activation);
  }
};

}  // namespace

std::string slope_setting(const ActivationSpec& activation) {
  return setting(activation.kind == ActivationKind::leaky_relu, "slope", to_text(activation.slope));
}

std::string describe(const ActivationSpec& activation) {
  std::string text(to_word(activation.kind));
  if (activation.slope != ActivationSpec{}.slope) {
    text += fmt::format(" (slope {})", to_text(activation.slope));
  }
  return text;
}

const LayerType& activation_type() {
  static const ActivationType type;
  return type;
}

}  // namespace castnet::codegen
