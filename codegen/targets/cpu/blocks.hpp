// The cpu target's way to work: block of kLanes images by block, each block's values in one core's
// cache.
// Its own actions and roles, and the passes that only it has.
#pragma once

#include <optional>
#include <vector>

#include "castnet_shared/shapes.hpp"
#include "ir/plan.hpp"

namespace castnet::codegen::cpu {

namespace action {
inline constexpr Action pack{"pack"};                          ///< weights, as forward reads them
inline constexpr Action pack_data{"pack_data"};                ///< as backward_data reads them
inline constexpr Action forward_measured{"forward_measured"};  ///< forward, and what measure does
inline constexpr Action measure{"measure"};  ///< sums of each channel and image, for a norm
inline constexpr Action sums{"sums"};        ///< of a block, for statistics over the batch
inline constexpr Action moments{"moments"};  ///< statistics of each image
inline constexpr Action running{"running"};  ///< what evaluation normalises by
// Backward of a norm over the batch.
inline constexpr Action backward_sums{"backward_sums"};
inline constexpr Action backward_means{"backward_means"};
inline constexpr Action backward_input{"backward_input"};
}  // namespace action

namespace role {
inline constexpr Role measured{"measured"};
inline constexpr Role packed{"packed"};            ///< weights
inline constexpr Role pool_packed{"pool_packed"};  ///< of a pooled convolution fused with it
inline constexpr Role shift{"shift"};              ///< what a convolution adds in its bias's place
inline constexpr Role means{"means"};              ///< of the gradients behind a norm
inline constexpr Role d_weight{"d_weight"};  ///< sums that would be the parameters' gradients if
inline constexpr Role d_bias{"d_bias"};      ///< the node had any
}  // namespace role

/// A buffer that parts of an operation share.
struct PartBuffer {
  Role role;
  std::string_view name;  ///< ends the buffer's, e.g. "packed"
  std::int64_t elements = 0;
  bool by_block = false;
};

/// What of an operation is done at once, and the operation's buffers that it takes.
struct Part {
  Action action;
  std::vector<Role> reads;
  std::vector<Role> writes;
  bool whole_batch = false;
};

/// An operation, block of images by block.
struct Parts {
  std::vector<Part> parts;  ///< in order
  std::vector<PartBuffer> buffers;
};

/// How an operation is done where blocks have to wait for one another, or share what is packed;
/// nothing: as it is.
std::optional<Parts> parts(const Node& node, Action action, int batch);

/// Elements that a thread needs while it runs an operation, on any machine.
std::int64_t workspace(const Node& node, Action action);

/// Splits operations where the blocks have to wait for one another, and puts first what packs
/// weights for all of them.
Plan split_by_block(Plan plan);

/// Lets a convolution measure its outputs for the norm behind it.
Plan measure_where_convolved(Plan plan);

/// Gives every operation the workspace that a thread needs for it, and the plan the largest:
/// kernels' memory, of which nothing is handed on.
Plan plan_workspace(Plan plan);

/// Fuses a convolution with its norm, by Winograd's algorithm in evaluation, with the 1x1
/// convolution and max pooling that alone reads it. Needs shapes.
Graph fuse_conv_conv_pool(Graph graph);

/// The forward operations as evaluation needs them: by running statistics, and nothing kept.
Plan forget_backward(Plan plan);

}  // namespace castnet::codegen::cpu
