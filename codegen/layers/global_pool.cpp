// Global average pooling: the mean over all pixels of a channel.
#include <fmt/format.h>

#include "layers/layer_type.hpp"
#include "layers/norm.hpp"

namespace castnet::codegen {
namespace {

class GlobalPoolType final : public LayerType {
 public:
  std::string_view name() const override { return "global_pool"; }
  std::optional<Op> core(const LayerSpec& layer, int) const override {
    if (layer.kind != LayerKind::global_pool) return {};
    return GlobalPool{};
  }
  std::optional<std::string> futile(const Node&, const Node* before, int) const override {
    if (!before || !std::holds_alternative<Norm>(before->op) || !fixes_channel_means(*before)) {
      return {};
    }
    return fmt::format(
        "the mean over all pixels of what the {} of {} gives is its shift, whatever the images "
        "are; "
        "put an activation after that norm, or use another norm",
        layer_type(before->op).describe(before->op), before->layer);
  }
  Shape shape(const Op&, const Shape& in) const override { return {in.channels, 1, 1}; }
  Windows windows(const Op&, const Shape& in) const override {
    return {{.extent = in.height}, {.extent = in.width}};
  }
  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.writes = {Role::dx}}};
  }
  Values values(const Node& node) const override { return shape_values(node); }
  std::string describe(const Op&) const override { return "global average pool"; }
};

}  // namespace

const LayerType& global_pool_type() {
  static const GlobalPoolType type;
  return type;
}

}  // namespace castnet::codegen
