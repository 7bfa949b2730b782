// Softmax cross-entropy against target distributions, the mean over the batch.
#include <fmt/format.h>

#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

class LossType final : public LayerType {
 public:
  std::string_view name() const override { return "loss"; }
  std::string_view shape_template() const override { return name(); }

  std::vector<BackwardStep> backward(const Node&) const override {
    return {{.writes = {Role::dx}}};
  }

  Values values(const Node& node) const override {
    return {{"node", node.name}, {"classes", fmt::to_string(node.in.channels)}};
  }

  std::string describe(const Op&) const override { return "softmax cross-entropy"; }
};

}  // namespace

const LayerType& loss_type() {
  static const LossType type;
  return type;
}

}  // namespace castnet::codegen
