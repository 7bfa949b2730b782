#include "passes/fuse.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

bool fuse(Node& node, Node& next) {
  const auto* norm = std::get_if<Norm>(&next.op);
  if (!std::holds_alternative<Conv>(node.op) || !node.fused.empty() || !norm ||
      norm->norm.kind != NormKind::batch || norm->norm.affine == Affine::element) {
    return false;
  }
  take_in(node, next);
  return true;
}

}  // namespace

Graph fold_norm(Graph graph) { return fuse_readers(std::move(graph), fuse); }

}  // namespace castnet::codegen
