// Plan: what the program does. The operations of forward, backward and update in order, and every
// buffer with its size, lifetime and offset in the arena. Every target is emitted from this.
#pragma once

#include <string_view>

#include "ir/graph.hpp"

namespace castnet::codegen {

/// What an operation does for its node; names the section of the layer's template that prints it.
/// statistics: forward of a norm whose output is computed where it is read.
/// Of a plan by blocks of images alone: prepare, prepare_data: weights as a convolution's forward
/// and backward_data read them; forward_measured: forward, and what measure does; measure: of each
/// channel and image, for a norm; sums, moments: its statistics of a block, and of each image;
/// backward_sums, backward_means, backward_input: backward of a norm over the batch; running: what
/// it normalises by in evaluation.
enum class Action {
  forward,
  statistics,
  backward,
  backward_data,
  backward_weight,
  accumulate,
  prepare,
  prepare_data,
  forward_measured,
  measure,
  sums,
  moments,
  backward_sums,
  backward_means,
  backward_input,
  running
};

/// What a buffer is to an operation; names the placeholder in the template.
/// x, x2: inputs; y: output; dy, dx: gradients of output and input; dz: of the output before an
/// activation that is joined to the node; a, b: summands; moments: what the norm saved whose output
/// is computed from x and read in x's place; prepared, pool_prepared: weights, of the node and of a
/// pooled convolution that is joined to it; shift: what a convolution adds in its bias's place;
/// means: of the gradients behind a norm; d_weight, d_bias: sums that would be the parameters'
/// gradients if the node had any.
enum class Role {
  x,
  x2,
  y,
  dy,
  dx,
  dz,
  saved,
  scratch,
  measured,
  a,
  b,
  moments,
  prepared,
  pool_prepared,
  shift,
  means,
  d_weight,
  d_bias
};

/// operations: each operation runs over the whole batch; blocks: all that can, runs block of
/// kLanes images by block.
enum class Order { operations, blocks };

struct Binding {
  Role role = Role::x;
  int buffer = 0;
  bool writes = false;
  bool operator==(const Binding&) const = default;
};

struct Operation {
  Action action = Action::forward;
  int node = 0;
  std::vector<Binding> bindings;
  bool in_place = false;       ///< the buffer written may be the (first) one read
  bool whole_batch = true;     ///< else for each block of images by itself
  std::int64_t workspace = 0;  ///< elements that a thread needs while it runs, of the plan's
  bool operator==(const Operation&) const = default;
};

/// The number type of a buffer. value: of images, activations and their gradients, which a target
/// may store in fewer bits; real: of statistics and partial sums, which no target does; bytes: four
/// small integers an element.
enum class Number { value, real, bytes };

struct Buffer {
  std::string name;   ///< identifier in the generated source, e.g. C4_conv, d_C4_conv
  std::string shape;  ///< for people, e.g. "128 x 24x16x16"
  std::int64_t elements = 0;
  Number number = Number::value;
  int node = kNetworkInput;  ///< whose output, gradient of it, or scratch memory it is
  int first = 0;  ///< index of the first and last operation that uses it, forward then backward
  int last = 0;
  bool by_block = false;    ///< each block of images has its part, in the block's part of the arena
  std::int64_t offset = 0;  ///< elements from the start of the block's part, or of what all share
  bool operator==(const Buffer&) const = default;
};

struct Plan {
  Graph graph;
  Order order = Order::operations;
  std::vector<Operation> operations;  ///< forward, then backward
  int forward_operations = 0;         ///< how many of them are forward
  std::vector<Buffer> buffers;        ///< buffer 0 is the network's input
  // The arena: each block's part, then what all blocks share. With lifetimes that do not meet
  // sharing memory.
  std::int64_t block_elements = 0;
  std::int64_t shared_elements = 0;
  std::int64_t workspace_elements = 0;  ///< of a thread; up to `blocks` threads work side by side
  bool operator==(const Plan&) const = default;
};

/// What a program does. `evaluation` has forward alone, as evaluation needs it; the programs of a
/// target that works operation by operation evaluate by `plan`.
struct Plans {
  Plan plan;
  Plan evaluation;
};

/// Buffers start at multiples of this many elements (64 bytes of float32).
inline constexpr std::int64_t kAlignment = 16;

/// The next such multiple.
constexpr std::int64_t aligned(std::int64_t elements) {
  return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

/// Images that the CPU target computes side by side; a batch is a multiple of it.
inline constexpr int kLanes = 16;

/// Blocks of kLanes images in a batch.
int blocks(const Plan& plan);

std::int64_t arena_elements(const Plan& plan);

/// Elements of all threads' workspaces.
std::int64_t workspaces_elements(const Plan& plan);

/// Elements of the buffer, or of each block's part of it.
std::int64_t part_elements(const Plan& plan, const Buffer& buffer);

/// How many values the optimiser keeps for each parameter.
int state_tensors(const OptimizerSpec& optimizer);

/// How many values its update needs for each parameter beside them.
int scratch_tensors(const OptimizerSpec& optimizer);

std::string_view to_string(Action action);
std::string_view to_string(Role role);
std::string_view to_string(Number number);

/// The plan in a stable text form, one operation a line, then one buffer a line.
std::string to_text(const Plan& plan);

}  // namespace castnet::codegen
