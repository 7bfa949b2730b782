// The square of each element. Say here what the operation computes, and where its formula comes
// from.
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class SkeletonType final : public LayerType {
 public:
  std::string_view name() const override { return "skeleton"; }

  std::optional<Op> core(const LayerSpec& layer, int) const override {
    if (layer.kind != LayerKind::skeleton) return {};
    return Skeleton{};
  }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.reads = {Role::x}, .writes = {Role::dx}, .in_place = true}};
  }

  Values values(const Node& node) const override { return shape_values(node); }

  std::string describe(const Op&) const override { return "skeleton"; }
};

}  // namespace

const LayerType& skeleton_type() {
  static const SkeletonType type;
  return type;
}

}  // namespace castnet::codegen
