#include "passes/fuse.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// A norm computes its activation first. One that comes behind the dropout may change places with
/// it if it is ReLU: dropout multiplies by 0 or by a factor >= 1, and relu(x) * m is relu(x * m)
/// for every such m, bit for bit: NaN stays NaN, and every x <= 0 gives +0 (only a dropped
/// -infinity now gives 0, which was NaN). The derivative, taken at x instead of x * m, differs only
/// where m = 0, and there the gradient is 0 anyway. Leaky ReLU would be rounded differently; GELU
/// and SiLU give other values.
bool fuse_activation(Node& node, Norm& norm, const Activation& next) {
  if (norm.activation.kind != ActivationKind::none) return false;
  if (!node.fused.empty() && next.activation.kind != ActivationKind::relu) return false;
  norm.activation = next.activation;
  return true;
}

/// Only the layer's own, so that each layer's heading and row say what stands there.
bool fuse_dropout(Node& node, Node& next) {
  if (!node.fused.empty() || next.layer != node.layer) return false;
  take_in(node, next);
  return true;
}

/// Fuses `next`, the only reader of `node`, with it; false if it has to stay an operation of its
/// own.
bool fuse_into_norm(Node& node, Node& next) {
  auto* norm = std::get_if<Norm>(&node.op);
  if (!norm) return false;
  if (const auto* activation = std::get_if<Activation>(&next.op)) {
    return fuse_activation(node, *norm, *activation);
  }
  return std::holds_alternative<Dropout>(next.op) && fuse_dropout(node, next);
}

}  // namespace

Graph fuse_norm(Graph graph) { return fuse_readers(std::move(graph), fuse_into_norm); }

}  // namespace castnet::codegen
