// Residual sum of two activations of one shape. The gradient of both inputs is that of the output,
// so backward has no operation here.
#include <fmt/format.h>

#include <algorithm>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

/// Advice on how to give the skip connection the layer's shape. With a projection, `skip` is its
/// output, and a stride of s after one of r equals one of r * s.
std::string advice(const Shape& layer, const Shape& skip, int projection_stride) {
  for (int stride = 1; stride <= std::max(skip.height, skip.width); ++stride) {
    const Shape projected{layer.channels, (skip.height - 1) / stride + 1,
                          (skip.width - 1) / stride + 1};
    if (projected != layer) continue;
    return fmt::format("{} 'projection: {{stride: {}}}'",
                       projection_stride == 0 ? "give the skip" : "write",
                       stride * std::max(1, projection_stride));
  }
  if (projection_stride > 1 && skip.height < layer.height && skip.width < layer.width) {
    return fmt::format("the projection's stride of {} is too large", projection_stride);
  }
  return "no stride of a projection makes them agree";
}

class AddType final : public LayerType {
 public:
  std::string_view name() const override { return "add"; }

  std::optional<std::string> problem(const Op& op, const std::vector<Shape>& in) const override {
    if (in[0] == in[1]) return {};
    return fmt::format("skip: the sum's two inputs have the shapes {} and {}; they must agree ({})",
                       to_text(in[0]), to_text(in[1]),
                       advice(in[0], in[1], std::get<Add>(op).projection_stride));
  }

  bool forward_in_place(const Op&) const override { return true; }
  std::vector<BackwardStep> backward(const Node&) const override { return {}; }
  Values values(const Node& node) const override { return shape_values(node); }
  std::string describe(const Op& op) const override { return "add " + std::get<Add>(op).from; }
};

}  // namespace

const LayerType& add_type() {
  static const AddType type;
  return type;
}

}  // namespace castnet::codegen
