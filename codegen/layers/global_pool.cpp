// Global average pooling: the mean over all pixels of a channel.
#include <algorithm>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class GlobalPoolType final : public LayerType {
 public:
  std::string_view name() const override { return "global_pool"; }
  Shape shape(const Op&, const Shape& in) const override { return {in.channels, 1, 1}; }
  Window window(const Op&, const Shape& in) const override {
    return {std::max(in.height, in.width), 1};
  }
  std::vector<BackwardStep> backward(const Node&, int) const override {
    return {{.action = Action::backward, .writes_dx = true}};
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
