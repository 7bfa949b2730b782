#include "passes/passes.hpp"

namespace castnet::codegen {

Compiled compile(const Spec& spec, Sharing sharing) {
  Compiled result;
  Graph graph = lower(spec);
  graph = fuse_norm(std::move(graph));
  graph = fuse_conv_activation(std::move(graph));
  graph = infer_shapes(std::move(graph), result.errors);
  if (!result.errors.empty()) return result;
  graph = fuse_conv_pool(std::move(graph));
  graph = normalise_on_read(std::move(graph));
  Plan plan = derive_backward(graph);
  if (sharing != Sharing::none) plan = share_in_place(std::move(plan));
  result.plan = plan_memory(std::move(plan), sharing);
  result.plan.inference_elements = inference_only(result.plan).arena_elements;
  return result;
}

}  // namespace castnet::codegen
