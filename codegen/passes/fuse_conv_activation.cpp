#include "layers/layer_type.hpp"
#include "passes/join.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// Only the layer's own, so that each layer's heading and row say what stands there.
bool join(Node& node, Node& next) {
  const bool convolution = std::holds_alternative<Conv>(node.op) && node.joined.empty();
  const bool activation = std::holds_alternative<Activation>(next.op) && next.layer == node.layer &&
                          layer_type(next.op).forward_in_place(next.op);
  if (!convolution || !activation) return false;
  take_in(node, next);
  return true;
}

}  // namespace

Graph fuse_conv_activation(Graph graph) { return join_readers(std::move(graph), join); }

}  // namespace castnet::codegen
