#include <algorithm>

#include "passes/passes.hpp"

namespace castnet::codegen {

Compiled compile(const Spec& spec, Order order, Sharing sharing) {
  Compiled result;
  Graph graph = lower(spec);
  graph = fuse_norm(std::move(graph));
  graph = fuse_conv_activation(std::move(graph));
  graph = infer_shapes(std::move(graph), result.errors);
  if (!result.errors.empty()) return result;
  graph = fuse_conv_pool(std::move(graph));
  Plan plan = derive_backward(normalise_on_read(graph));
  if (order == Order::blocks) {
    plan = plan_workspace(measure_where_convolved(split_by_block(std::move(plan))));
  }
  if (sharing != Sharing::none) plan = share_in_place(std::move(plan));
  result.plan = plan_memory(std::move(plan), sharing);
  result.evaluation = plan_evaluation(normalise_on_read(simplify_for_evaluation(graph)));
  if (order == Order::blocks) {  // evaluation lies in training's arena
    Plan& whole = result.plan;
    whole.block_elements = std::max(whole.block_elements, result.evaluation.block_elements);
    whole.shared_elements = std::max(whole.shared_elements, result.evaluation.shared_elements);
    whole.workspace_elements =
        std::max(whole.workspace_elements, result.evaluation.workspace_elements);
  }
  return result;
}

}  // namespace castnet::codegen
