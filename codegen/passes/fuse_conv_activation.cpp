#include "passes/fuse.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

bool is_rectifier(const Node& node) {
  const auto* op = std::get_if<Activation>(&node.op);
  return op && (op->activation.kind == ActivationKind::relu ||
                op->activation.kind == ActivationKind::leaky_relu);
}

/// Only the layer's own, so that each layer's heading and row say what stands there.
bool fuse_rectifier(Node& node, Node& next) {
  const bool convolution = std::holds_alternative<Conv>(node.op) && node.fused.empty();
  if (!convolution || !is_rectifier(next) || next.layer != node.layer) return false;
  take_in(node, next);
  return true;
}

}  // namespace

Graph fuse_conv_activation(Graph graph) { return fuse_readers(std::move(graph), fuse_rectifier); }

}  // namespace castnet::codegen
