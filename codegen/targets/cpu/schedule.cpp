// The cpu target's way through the passes.
#include <algorithm>

#include "passes/passes.hpp"
#include "targets/cpu/blocks.hpp"
#include "targets/schedules.hpp"

namespace castnet::codegen::cpu {
namespace {

/// Pairs of an input and an output channel. Up to here memory, not multiplications, takes the time.
constexpr std::int64_t kMostPairs = 2048;

/// Forward alone, block by block.
Plan plan_evaluation(const Graph& trained) {
  const Graph graph = normalise_on_read(fuse_conv_conv_pool(fold_norm(drop_dropout(trained))));
  Plan plan = forget_backward(split_by_block(derive_forward(graph)));
  plan = plan_workspace(measure_where_convolved(std::move(plan)));
  for (std::size_t i = 1; i < plan.buffers.size(); ++i) {
    plan.buffers[i].name = "e_" + plan.buffers[i].name;
  }
  return plan_memory(share_in_place(std::move(plan)));
}

/// Evaluation lies in training's arena.
void make_room(Plan& plan, const Plan& evaluation) {
  plan.block_elements = std::max(plan.block_elements, evaluation.block_elements);
  plan.shared_elements = std::max(plan.shared_elements, evaluation.shared_elements);
  plan.workspace_elements = std::max(plan.workspace_elements, evaluation.workspace_elements);
}

}  // namespace

Compiled compile(const Spec& spec, Sharing sharing) {
  Compiled result;
  Graph graph = lower(spec);
  graph = fuse_norm(std::move(graph));
  graph = fuse_conv_activation(std::move(graph));
  graph = infer_shapes(std::move(graph), result.errors);
  if (!result.errors.empty()) return result;
  graph = fuse_conv_pool(std::move(graph), kMostPairs);
  Plan plan = derive_backward(normalise_on_read(graph));
  plan = split_by_block(std::move(plan));
  plan = measure_where_convolved(std::move(plan));
  plan = plan_workspace(std::move(plan));
  if (sharing != Sharing::none) plan = share_in_place(std::move(plan));
  result.plan = plan_memory(std::move(plan), sharing);
  result.evaluation = plan_evaluation(graph);
  make_room(result.plan, *result.evaluation);
  return result;
}

}  // namespace castnet::codegen::cpu
