// Parametric ReLU multiplies negative inputs by a learned slope, one for each channel or one for
// all (K. He et al., "Delving Deep into Rectifiers", 2015; PyTorch's PReLU).
#include <fmt/format.h>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class PreluType final : public LayerType {
 public:
  std::string_view name() const override { return "prelu"; }
  std::string_view shape_template() const override { return name(); }

  std::vector<Tensor> parameters(const Op& op, const Shape& in) const override {
    const auto& prelu = std::get<Prelu>(op);
    return {{.name = "prelu.weight",
             .shape = {prelu.shared ? 1 : in.channels},
             .centre = prelu.init,
             .kind = TensorKind::slope}};
  }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.reads = {Role::x}, .writes = {Role::dx}, .in_place = true}};
  }

  Values values(const Node& node) const override {
    Values values = shape_values(node);
    values["slopes"] = std::get<Prelu>(node.op).shared ? "1" : values["c"];
    return values;
  }

  std::string describe(const Op& op) const override {
    const auto& prelu = std::get<Prelu>(op);
    std::string text = prelu.shared ? "prelu (one slope)" : "prelu";
    if (prelu.init != Prelu{}.init) text += fmt::format(" (init {})", to_text(prelu.init));
    return text;
  }
};

}  // namespace

const LayerType& prelu_type() {
  static const PreluType type;
  return type;
}

}  // namespace castnet::codegen
