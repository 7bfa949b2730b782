#include "layers/conv.hpp"
#include "passes/join.hpp"
#include "passes/lifetimes.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

bool is_dropout(const Node& node) { return std::holds_alternative<Dropout>(node.op); }

/// What reads a dropout reads its input instead.
Graph without_dropout(Graph graph) {
  std::vector<Node> kept;
  std::vector<int> index_of;  // where each old node's value is now
  for (Node& node : graph.nodes) {
    for (int& from : node.inputs) {
      if (from != kNetworkInput) from = index_of[static_cast<std::size_t>(from)];
    }
    if (is_dropout(node)) {
      index_of.push_back(node.inputs.front());
      continue;
    }
    std::erase_if(node.joined, is_dropout);
    kept.push_back(std::move(node));
    index_of.push_back(static_cast<int>(kept.size()) - 1);
  }
  graph.nodes = std::move(kept);
  return graph;
}

/// Then the norm is a factor and a summand of each output channel.
bool join_norm(Node& node, Node& next) {
  const auto* norm = std::get_if<Norm>(&next.op);
  if (!std::holds_alternative<Conv>(node.op) || !node.joined.empty() || !norm ||
      norm->norm.kind != NormKind::batch || norm->norm.affine == Affine::element) {
    return false;
  }
  take_in(node, next);
  return true;
}

/// Bytes of a row of tiles of all channels, which a core's cache takes.
constexpr std::int64_t kMostRowBytes = 512 * 1024;

/// Then a row of Winograd's tiles at a time becomes pooled rows: the convolution's output is never
/// stored.
bool join_pooled(Node& node, Node& next) {
  const auto* conv = std::get_if<Conv>(&node.op);
  const bool normalised = node.joined.size() == 1 && std::get_if<Norm>(&node.joined.front().op);
  const auto* pool = next.joined.empty() ? nullptr : std::get_if<Pool>(&next.joined.front().op);
  if (!conv || !normalised || !std::get_if<Conv>(&next.op) || !pool) return false;
  const std::int64_t row_bytes =
      std::int64_t{4} * kLanes * kWinogradTile * node.out.channels * node.out.width;
  if (!uses_winograd(*conv, node.in, node.out) || kWinogradTile % pool->kernel != 0 ||
      row_bytes > kMostRowBytes) {
    return false;
  }
  Node last = std::move(next.joined.front());
  next.joined.clear();
  take_in(node, next);
  take_in(node, last);
  return true;
}

/// Statistics over the batch are the running ones.
void use_running_statistics(Plan& plan) {
  const auto over_batch = [&](const Operation& operation) {
    const auto* norm =
        std::get_if<Norm>(&plan.graph.nodes[static_cast<std::size_t>(operation.node)].op);
    return norm && norm->norm.kind == NormKind::batch;
  };
  std::erase_if(plan.operations, [&](const Operation& operation) {
    return over_batch(operation) &&
           (operation.action == Action::measure || operation.action == Action::sums);
  });
  for (Operation& operation : plan.operations) {
    if (operation.action != Action::statistics) continue;
    operation.action = Action::running;
    std::erase_if(operation.bindings, [](const Binding& b) { return b.role == Role::scratch; });
  }
}

/// What only backward would read is not kept, and may be written over.
void forget(const Graph& graph, Operation& operation) {
  const Op& op = graph.nodes[static_cast<std::size_t>(operation.node)].op;
  if (std::holds_alternative<Conv>(op)) {
    std::erase_if(operation.bindings, [](const Binding& b) { return b.role == Role::saved; });
  }
  if (std::holds_alternative<Norm>(op) && operation.action == Action::forward) {
    operation.in_place = true;
  }
}

}  // namespace

Graph simplify_for_evaluation(Graph graph) {
  graph = join_readers(without_dropout(std::move(graph)), join_norm);
  return join_readers(std::move(graph), join_pooled);
}

Plan plan_evaluation(const Graph& graph) {
  Plan plan = derive_backward(graph);
  plan.operations.resize(static_cast<std::size_t>(plan.forward_operations));
  drop_unused(plan);
  plan = split_by_block(std::move(plan));
  use_running_statistics(plan);
  plan = plan_workspace(measure_where_convolved(std::move(plan)));
  for (Operation& operation : plan.operations) forget(graph, operation);
  plan.forward_operations = static_cast<int>(plan.operations.size());
  for (std::size_t i = 1; i < plan.buffers.size(); ++i) {
    plan.buffers[i].name = "e_" + plan.buffers[i].name;
  }
  return plan_memory(share_in_place(std::move(plan)));
}

}  // namespace castnet::codegen
