// Plan: what the program does. The operations of forward, backward and update in order, and every
// buffer with its size, lifetime and offset in the arena. Every target is emitted from this.
#pragma once

#include <string_view>

#include "ir/graph.hpp"

namespace castnet::codegen {

/// What an operation does for its node; names the section of the layer's template that prints it.
/// statistics: forward of a norm whose output is computed where it is read.
enum class Action { forward, statistics, backward, backward_data, backward_weight, accumulate };

/// What a buffer is to an operation; names the placeholder in the template.
/// x, x2: inputs; y: output; dy, dx: gradients of output and input; dz: of the output before an
/// activation that is joined to the node; a, b: summands; moments: what the norm saved whose output
/// is computed from x and read in x's place.
enum class Role { x, x2, y, dy, dx, dz, saved, scratch, a, b, moments };

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
  bool in_place = false;  ///< the buffer written may be the (first) one read
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
  std::int64_t offset = 0;  ///< elements from the start of the arena
  bool operator==(const Buffer&) const = default;
};

struct Plan {
  Graph graph;
  std::vector<Operation> operations;    ///< forward, then backward
  int forward_operations = 0;           ///< how many of them are forward
  std::vector<Buffer> buffers;          ///< buffer 0 is the network's input
  std::int64_t arena_elements = 0;      ///< with lifetimes that do not meet sharing memory
  std::int64_t inference_elements = 0;  ///< of the arena that forward alone would need
  bool operator==(const Plan&) const = default;
};

/// Buffers start at multiples of this many elements (64 bytes of float32).
inline constexpr std::int64_t kAlignment = 16;

/// Images that the CPU target computes side by side; a batch is a multiple of it.
inline constexpr int kLanes = 16;

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
