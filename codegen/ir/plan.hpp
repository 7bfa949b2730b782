// Plan: the operations of forward, backward and update in order, and every buffer with its size,
// lifetime and offset in the arena. Every target is emitted from this.
#pragma once

#include <optional>
#include <string_view>

#include "ir/graph.hpp"

namespace castnet::codegen {

/// The task of an operation for its node. It names the section of the layer's template that prints
/// it. Targets add names of their own.
struct Action {
  std::string_view name;
  bool operator==(const Action&) const = default;
  static const Action forward, backward, backward_data, backward_weight;
  static const Action statistics;  ///< forward of a norm whose output its reader computes
  static const Action accumulate;  ///< the sum of two gradients of one value
};
inline constexpr Action Action::forward{"forward"}, Action::backward{"backward"},
    Action::backward_data{"backward_data"}, Action::backward_weight{"backward_weight"},
    Action::statistics{"statistics"}, Action::accumulate{"accumulate"};

/// The purpose of a buffer for an operation. It names the placeholder in the template. Targets add
/// names of their own.
struct Role {
  std::string_view name;
  bool operator==(const Role&) const = default;
  static const Role x, x2, y;     ///< inputs, output
  static const Role dy, dx, dx2;  ///< gradients of the output and of the inputs
  static const Role dz;           ///< gradient of the output before a fused activation
  static const Role a, b;         ///< summands
  static const Role saved;        ///< data that forward keeps for backward
  static const Role moments;      ///< the saved data of a norm that is computed while x is read
  static const Role scratch;      ///< memory that the operation needs while it runs
};
inline constexpr Role Role::x{"x"}, Role::x2{"x2"}, Role::y{"y"}, Role::dy{"dy"}, Role::dx{"dx"},
    Role::dx2{"dx2"}, Role::dz{"dz"}, Role::a{"a"}, Role::b{"b"}, Role::saved{"saved"},
    Role::moments{"moments"}, Role::scratch{"scratch"};

/// Whether it is the gradient of one of the operation's inputs.
constexpr bool is_input_gradient(Role role) { return role == Role::dx || role == Role::dx2; }

struct Binding {
  Role role = Role::x;
  int buffer = 0;
  bool writes = false;
  std::string as = {};  ///< what the buffer holds here, where that is not what it is named for
  bool operator==(const Binding&) const = default;
};

struct Operation {
  Action action = Action::forward;
  int node = 0;
  std::vector<Binding> bindings;
  bool in_place = false;       ///< the written buffer may be the first one that is read
  bool whole_batch = true;     ///< false: each block of images by itself
  bool multiplies = false;     ///< whether it takes as many multiply-adds as the node's forward
  std::int64_t workspace = 0;  ///< elements of the workspace that a thread needs
  bool operator==(const Operation&) const = default;
};

/// The number type of a buffer. `value` is for images, activations and their gradients, which a
/// target may store in fewer bits. `real` is for statistics and partial sums, which no target
/// stores in fewer bits. `bytes` is for four small integers per element.
enum class Number { value, real, bytes };

struct Buffer {
  std::string name;   ///< identifier in the generated source, e.g. C4_conv, d_C4_conv
  std::string shape;  ///< for people, e.g. "128 x 24x16x16"
  std::int64_t elements = 0;
  Number number = Number::value;
  int node = kNetworkInput;  ///< the node whose output, gradient or scratch memory it is
  int first = 0;  ///< index of the first and last operation that uses it, forward then backward
  int last = 0;
  bool by_block = false;    ///< whether each block of images has a slice of it
  std::int64_t offset = 0;  ///< elements from the start of the block's slice, or of the shared part
  bool operator==(const Buffer&) const = default;
};

struct Plan {
  Graph graph;
  int block = 0;  ///< images of a block that are computed together; 0: the whole batch
  std::vector<Operation> operations;  ///< forward, then backward
  int forward_operations = 0;         ///< the number of forward operations
  std::vector<Buffer> buffers;        ///< buffer 0 is the network's input
  // The size of the arena. It holds each block's slice and then the shared part. Buffers whose
  // lifetimes do not overlap share memory.
  std::int64_t block_elements = 0;
  std::int64_t shared_elements = 0;
  std::int64_t workspace_elements = 0;  ///< for one of up to `blocks` threads
  bool operator==(const Plan&) const = default;
};

/// The plans of a program. `evaluation` has only forward, as evaluation needs it, in the arena of
/// `plan`. Without it the program evaluates by the forward part of `plan`.
struct Plans {
  Plan plan;
  std::optional<Plan> evaluation;
};

/// The plan by which the program evaluates.
const Plan& evaluation_of(const Plans& plans);

/// Buffers start at multiples of this many elements (64 bytes of float32).
inline constexpr std::int64_t kAlignment = 16;

/// The next multiple of this number.
constexpr std::int64_t aligned(std::int64_t elements) {
  return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

/// The number of blocks in a batch; 1 if the whole batch is computed together.
int blocks(const Plan& plan);

std::int64_t arena_elements(const Plan& plan);

/// Elements of all threads' workspaces.
std::int64_t workspaces_elements(const Plan& plan);

/// What the operation reads or writes there.
const std::string& value_name(const Plan& plan, const Binding& binding);

/// Elements of the buffer, or of each block's slice of it.
std::int64_t slice_elements(const Plan& plan, const Buffer& buffer);

/// The number of values that the optimiser keeps for each parameter.
int state_tensors(const OptimizerSpec& optimizer);

/// The number of further values that its update needs for each parameter.
int scratch_tensors(const OptimizerSpec& optimizer);

std::string_view to_string(Number number);

/// The plan in a stable text form, with one line for each operation and then one for each buffer.
std::string to_text(const Plan& plan);

}  // namespace castnet::codegen
