#include "targets/cuda/scratch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "layers/shapes.hpp"

namespace castnet::codegen::cuda {
namespace {

struct Scratch {
  std::string name;  ///< of the buffer
  std::int64_t elements = 0;
};

/// What the operation needs; no elements where that is nothing.
Scratch scratch(const Node& node, Action action, int batch) {
  const auto need = [&](std::string_view prefix, std::string_view end, std::size_t elements) {
    return Scratch{fmt::format("{}{}_{}", prefix, node.name, end),
                   static_cast<std::int64_t>(elements)};
  };
  if (std::holds_alternative<Norm>(node.op)) {
    const std::size_t sums = norm_shape(node, batch).scratch();
    return action == Action::backward ? need("d_", "parts", sums) : need("", "sums", sums);
  }
  if (action == Action::backward_weight) {
    return need("d_", "parts",
                std::holds_alternative<Linear>(node.op) ? linear_shape(node, batch).scratch()
                                                        : conv_shape(node, batch).filter_scratch());
  }
  if (action != Action::backward) return {};
  if (std::holds_alternative<ChannelNorm>(node.op)) {
    return need("d_", "parts", channel_norm_shape(node, batch).scratch());
  }
  if (std::holds_alternative<Prelu>(node.op)) {
    return need("d_", "parts", prelu_shape(node, batch).scratch());
  }
  const auto* conv = std::get_if<Conv>(&node.op);
  if (conv && conv->bias) return need("d_", "sums", conv_shape(node, batch).bias_scratch());
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
      const auto at = static_cast<std::size_t>(value - bindings.begin());
      bindings.insert(value, {Role::scratch, -1, true});
      insert(plan, place, std::move(buffer));
      bindings[at].buffer = place;
    }
    for (const Binding& binding : bindings) place = std::max(place, binding.buffer + 1);
  }
  return plan;
}

}  // namespace castnet::codegen::cuda
