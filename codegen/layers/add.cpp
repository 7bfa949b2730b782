// Residual sum of two activations of one shape. Its gradient is its inputs' gradient, unchanged, so
// that backward has no operation here: passes/derive hands the buffer on.
#include <fmt/format.h>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class AddType final : public LayerType {
 public:
  std::string_view name() const override { return "add"; }

  std::optional<std::string> problem(const Op&, const std::vector<Shape>& in) const override {
    if (in[0] == in[1]) return {};
    return fmt::format("skip: the sum's two inputs have the shapes {} and {}; they must agree",
                       to_text(in[0]), to_text(in[1]));
  }

  bool forward_in_place(const Op&) const override { return true; }
  std::vector<BackwardStep> backward(const Node&, int) const override { return {}; }
  Values values(const Node& node) const override { return shape_values(node); }
  std::string describe(const Op&) const override { return "add"; }
};

}  // namespace

const LayerType& add_type() {
  static const AddType type;
  return type;
}

}  // namespace castnet::codegen
