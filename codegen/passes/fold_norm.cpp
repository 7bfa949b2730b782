#include "passes/join.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

bool join(Node& node, Node& next) {
  const auto* norm = std::get_if<Norm>(&next.op);
  if (!std::holds_alternative<Conv>(node.op) || !node.joined.empty() || !norm ||
      norm->norm.kind != NormKind::batch || norm->norm.affine == Affine::element) {
    return false;
  }
  take_in(node, next);
  return true;
}

}  // namespace

Graph fold_norm(Graph graph) { return join_readers(std::move(graph), join); }

}  // namespace castnet::codegen
