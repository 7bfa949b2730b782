// The passes that targets choose from (targets/NAME/schedule.cpp), each in a file of its own. None
// knows a target.
#pragma once

#include "ir/plan.hpp"

namespace castnet::codegen {

/// Spec → Graph: what each token expands to, as single operations without shapes. Names of skips
/// are known to exist (the parser's business).
Graph lower(const Spec& spec);

/// Fuses a norm with what follows it element by element: its activation and its layer's dropout, in
/// this order, if nothing else reads the values between.
Graph fuse_norm(Graph graph);

/// Fuses a convolution with its layer's ReLU or leaky ReLU, whose derivative can be told from the
/// output, if nothing else reads the value between.
Graph fuse_conv_activation(Graph graph);

/// Fills in shapes, parameters, MACs and receptive fields. A layer that does not fit its input is
/// reported, and shapes after it are not checked; one that cannot depend on its input, too.
Graph infer_shapes(Graph graph, std::vector<Diagnostic>& errors);

/// Fuses a max pooling with the 1x1 convolution before it, whose output then is never stored, if
/// nothing else reads it, and if it has at most `most_pairs` pairs of an input and an output
/// channel. Needs shapes.
Graph fuse_conv_pool(Graph graph, std::int64_t most_pairs);

/// Lets the fused 1x1 convolution and max pooling that alone reads a norm's output compute it as
/// it reads. Needs shapes.
Graph normalise_on_read(Graph graph);

/// Graph → Plan: the operations of forward in order, and a buffer for every value.
Plan derive_forward(const Graph& graph);

/// The same of forward and backward.
Plan derive_backward(const Graph& graph);

/// Lets operations that may work in place do so where nothing reads the overwritten value later.
Plan share_in_place(Plan plan);

/// Which buffers of a plan may lie in the same memory. none: every value is there to be looked at
/// until the last operation.
enum class Sharing { lifetimes, none };

/// Gives every buffer its lifetime and its offset in the arena; with Sharing::lifetimes, buffers
/// whose lifetimes do not meet share memory. Greedy, largest first (Y. Pisarchyk and J. Lee,
/// "Efficient memory management for deep neural net inference", 2020, section 5.1).
Plan plan_memory(Plan plan, Sharing sharing = Sharing::lifetimes);

/// The graph without dropout, which evaluation does not have.
Graph drop_dropout(Graph graph);

/// Fuses norms over the batch, whose statistics are known in evaluation, with the convolutions
/// before them that nothing else reads: they are a factor and a summand of each output channel.
Graph fold_norm(Graph graph);

}  // namespace castnet::codegen
