#include "targets/cuda/scratch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace castnet::codegen::cuda {
namespace {

/// Images that one partial sum is of (runtime/kernels/shapes.hpp asserts what the kernels need).
constexpr int kSumImages = 16;

struct Scratch {
  std::string name;  ///< of the buffer
  std::int64_t elements = 0;
};

/// Values a partial sum has for a norm's kernels: of each channel two, or of the affine.
std::int64_t norm_sums(const Node& node) {
  const std::int64_t affine = node.parameters.empty() ? 0 : 2 * node.parameters[0].elements();
  return std::max(affine, 2 * std::int64_t{node.in.channels});
}

/// What the operation needs; no elements where that is nothing.
Scratch scratch(const Node& node, Action action, int batch) {
  const std::int64_t parts = batch / kSumImages;
  if (action == Action::backward_weight) {  // of weights and biases
    return {"d_" + node.name + "_parts",
            parts * (node.parameters.front().elements() + node.out.channels)};
  }
  if (std::holds_alternative<Norm>(node.op)) {
    const std::string name =
        action == Action::backward ? "d_" + node.name + "_parts" : node.name + "_sums";
    return {name, parts * norm_sums(node)};
  }
  if (action != Action::backward) return {};
  if (std::holds_alternative<ChannelNorm>(node.op) && !node.parameters.empty()) {
    return {"d_" + node.name + "_parts", parts * 2 * node.in.channels};
  }
  if (std::holds_alternative<Prelu>(node.op)) {
    return {"d_" + node.name + "_parts", parts * node.in.channels};
  }
  const auto* conv = std::get_if<Conv>(&node.op);
  if (conv && conv->bias) return {"d_" + node.name + "_sums", parts * node.out.channels};
  return {};
}

bool is_value(const Binding& binding) {
  return binding.writes &&
         (binding.role == Role::y || binding.role == Role::dz || is_input_gradient(binding.role));
}

/// Puts a buffer before those that are numbered `place` and on.
void insert(Plan& plan, int place, Buffer buffer) {
  plan.buffers.insert(plan.buffers.begin() + place, std::move(buffer));
  for (Operation& operation : plan.operations) {
    for (Binding& binding : operation.bindings) binding.buffer += binding.buffer >= place ? 1 : 0;
  }
}

}  // namespace

Plan add_scratch(Plan plan) {
  int place = 1;  // in the order in which operations need buffers, after the images
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    Operation& operation = plan.operations[i];
    auto& bindings = operation.bindings;
    const auto value = std::ranges::find_if(bindings, is_value);
    for (auto binding = bindings.begin(); binding != value; ++binding) {
      place = std::max(place, binding->buffer + 1);
    }
    const Node& node = plan.graph.nodes[static_cast<std::size_t>(operation.node)];
    const Scratch need = operation.action == Action::accumulate
                             ? Scratch{}
                             : scratch(node, operation.action, plan.graph.batch);
    if (need.elements > 0) {
      Buffer buffer;
      buffer.name = need.name;
      buffer.shape = fmt::to_string(need.elements);
      buffer.elements = need.elements;
      buffer.number = Number::real;
      buffer.node = operation.node;
      const auto at = bindings.insert(value, {Role::scratch, -1, true}) - bindings.begin();
      insert(plan, place, std::move(buffer));
      bindings[static_cast<std::size_t>(at)].buffer = place;
    }
    for (const Binding& binding : bindings) place = std::max(place, binding.buffer + 1);
  }
  return plan;
}

}  // namespace castnet::codegen::cuda
