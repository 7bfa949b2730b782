// The passes, in the order in which `compile` runs them. Each stands in a file of its own.
#pragma once

#include "ir/plan.hpp"

namespace castnet::codegen {

/// Spec → Graph: what each token expands to, as single operations without shapes. Names of skips
/// are known to exist (the parser's business).
Graph lower(const Spec& spec);

/// Joins to a norm what follows it element by element: its activation and its layer's dropout, in
/// this order, if nothing else reads the values between.
Graph fuse_norm(Graph graph);

/// Joins to a convolution its layer's ReLU or leaky ReLU, whose derivative can be told from the
/// output, if nothing else reads the value between.
Graph fuse_conv_activation(Graph graph);

/// Fills in shapes, parameters, MACs and receptive fields. A layer that does not fit its input is
/// reported, and shapes after it are not checked; one that cannot depend on its input, too.
Graph infer_shapes(Graph graph, std::vector<Diagnostic>& errors);

/// Joins a max pooling to the 1x1 convolution before it, whose output then is never stored, if
/// nothing else reads it. Needs shapes.
Graph fuse_conv_pool(Graph graph);

/// Lets the joined 1x1 convolution and max pooling that alone reads a norm's output compute it as
/// it reads. Needs shapes.
Graph normalise_on_read(Graph graph);

/// Graph → Plan: the operations of forward and backward in order, and a buffer for every value.
Plan derive_backward(const Graph& graph);

/// For a target that works block of images by block: splits operations where the blocks have to
/// wait for one another, and puts first what prepares weights for all of them.
Plan split_by_block(Plan plan);

/// Lets a convolution measure its outputs for the norm behind it. Of a plan by blocks.
Plan measure_where_convolved(Plan plan);

/// Lets operations that may work in place do so where nothing reads the overwritten value later.
Plan share_in_place(Plan plan);

/// Which buffers of a plan may lie in the same memory. none: every value is there to be looked at
/// until the last operation.
enum class Sharing { lifetimes, none };

/// Gives every buffer its lifetime and its offset in the arena; with Sharing::lifetimes, buffers
/// whose lifetimes do not meet share memory. Greedy, largest first (Y. Pisarchyk and J. Lee,
/// "Efficient memory management for deep neural net inference", 2020, section 5.1).
Plan plan_memory(Plan plan, Sharing sharing = Sharing::lifetimes);

/// Gives every operation of a plan by blocks the workspace that a thread needs for it, and the plan
/// the largest: kernels' memory, of which nothing is handed on.
Plan plan_workspace(Plan plan);

/// The graph as evaluation needs it: without dropout, and norms over the batch, whose statistics
/// then are known, joined to the convolutions before them, and to such a convolution the 1x1
/// convolution and max pooling that alone reads it. Needs shapes.
Graph simplify_for_evaluation(Graph graph);

/// The graph's forward for evaluation alone, block by block, in memory of its own.
Plan plan_evaluation(const Graph& graph);

struct Compiled : Plans {
  std::vector<Diagnostic> errors;
};

/// All passes in order. With errors the plans are empty. Without sharing no operation works in
/// place either; the operations are the same, one by one.
Compiled compile(const Spec& spec, Order order = Order::blocks,
                 Sharing sharing = Sharing::lifetimes);

}  // namespace castnet::codegen
