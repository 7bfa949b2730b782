// Dropout of single elements or whole channels. The mask is recomputed in backward, not stored.
#include <fmt/format.h>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class DropoutType final : public LayerType {
 public:
  std::string_view name() const override { return "dropout"; }
  std::string_view shape_template() const override { return name(); }
  bool forward_in_place(const Op&) const override { return true; }

  bool evaluation_backward(const Op&) const override { return false; }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.writes = {Role::dx}, .in_place = true}};
  }

  Values values(const Node& node) const override {
    const auto& [dropout, index] = std::get<Dropout>(node.op);
    Values values = shape_values(node);
    values["rate"] = to_text(dropout.rate);
    values["per_channel"] = dropout.kind == DropoutKind::channel ? "true" : "false";
    values["index"] = fmt::to_string(index);
    return values;
  }

  std::string describe(const Op& op) const override {
    const DropoutSpec& dropout = std::get<Dropout>(op).dropout;
    return fmt::format("{}dropout {}", dropout.kind == DropoutKind::channel ? "channel " : "",
                       dropout.rate);
  }
};

}  // namespace

const LayerType& dropout_type() {
  static const DropoutType type;
  return type;
}

}  // namespace castnet::codegen
