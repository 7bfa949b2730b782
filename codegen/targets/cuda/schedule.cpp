// The cuda target's way through the passes: operation by operation over the whole batch. Evaluation
// is the forward part of the same plan.
#include "passes/passes.hpp"
#include "targets/cuda/scratch.hpp"
#include "targets/schedules.hpp"

namespace castnet::codegen::cuda {
namespace {

/// Pairs of an input and an output channel, beyond which the plain kernel would be slower than
/// cuDNN's matrix products.
constexpr std::int64_t kMostPairs = 2048;

}  // namespace

Compiled compile(const Spec& spec, Sharing sharing) {
  Compiled result;
  Graph graph = lower(spec);
  graph = fuse_norm(std::move(graph));
  graph = fuse_conv_activation(std::move(graph));
  graph = infer_shapes(std::move(graph), result.errors);
  if (!result.errors.empty()) return result;
  graph = fuse_conv_pool(std::move(graph), kMostPairs);
  Plan plan = derive_backward(normalise_on_read(std::move(graph)));
  plan = add_scratch(std::move(plan));
  if (sharing != Sharing::none) plan = share_in_place(std::move(plan));
  result.plan = plan_memory(std::move(plan), sharing);
  return result;
}

}  // namespace castnet::codegen::cuda
