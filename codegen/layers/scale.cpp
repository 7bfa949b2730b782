// A gate multiplies each channel of an image by one value. It is the end of squeeze-and-excitation
// (J. Hu, L. Shen and G. Sun, "Squeeze-and-Excitation Networks", 2018). The other operations of it
// compute that value: a global pool, two 1x1 convolutions with ReLU between, and the sigmoid
// (passes/lower).
#include <fmt/format.h>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class ScaleType final : public LayerType {
 public:
  std::string_view name() const override { return "scale"; }

  /// The gate sees the whole image; a pixel's field is told of what it gates.
  bool sees_first_alone() const override { return true; }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.reads = {Role::x, Role::x2}, .writes = {Role::dx2, Role::dx}, .in_place = true}};
  }

  Values values(const Node& node) const override { return shape_values(node); }

  std::string describe(const Op& op) const override {
    return fmt::format("squeeze and excitation /{}", std::get<Scale>(op).reduction);
  }
};

}  // namespace

const LayerType& scale_type() {
  static const ScaleType type;
  return type;
}

}  // namespace castnet::codegen
