#include "passes/lifetimes.hpp"
#include "targets/cpu/blocks.hpp"

namespace castnet::codegen::cpu {
namespace {

/// Statistics over the batch are the running ones.
void use_running_statistics(Plan& plan) {
  const auto over_batch = [&](const Operation& operation) {
    const auto* norm =
        std::get_if<Norm>(&plan.graph.nodes[static_cast<std::size_t>(operation.node)].op);
    return norm && norm->norm.kind == NormKind::batch;
  };
  std::erase_if(plan.operations, [&](const Operation& operation) {
    return over_batch(operation) &&
           (operation.action == action::measure || operation.action == action::sums);
  });
  for (Operation& operation : plan.operations) {
    if (operation.action != Action::statistics) continue;
    operation.action = action::running;
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

Plan forget_backward(Plan plan) {
  use_running_statistics(plan);
  for (Operation& operation : plan.operations) forget(plan.graph, operation);
  drop_unused(plan);
  plan.forward_operations = static_cast<int>(plan.operations.size());
  return plan;
}

}  // namespace castnet::codegen::cpu
