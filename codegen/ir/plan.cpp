#include "ir/plan.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <numeric>

namespace castnet::codegen {

std::int64_t Tensor::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::string_view to_string(Action action) {
  static constexpr std::array<std::string_view, 5> kNames{"forward", "backward", "backward_data",
                                                          "backward_weight", "accumulate"};
  return kNames.at(static_cast<std::size_t>(action));
}

std::string_view to_string(Role role) {
  static constexpr std::array<std::string_view, 9> kNames{"x",     "x2",      "y", "dy", "dx",
                                                          "saved", "scratch", "a", "b"};
  return kNames.at(static_cast<std::size_t>(role));
}

std::string to_text(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& operation = plan.operations[i];
    const Node& node = plan.graph.nodes[static_cast<std::size_t>(operation.node)];
    text += fmt::format("{:3} {} {}", i, node.name, to_string(operation.action));
    for (const Binding& binding : operation.bindings) {
      const Buffer& buffer = plan.buffers[static_cast<std::size_t>(binding.buffer)];
      text +=
          fmt::format(" {}{}{}", to_string(binding.role), binding.writes ? "=>" : "=", buffer.name);
    }
    text += '\n';
  }
  for (const Buffer& buffer : plan.buffers) {
    text +=
        fmt::format("buffer {} [{}] {} bytes at {}, operations {}..{}\n", buffer.name, buffer.shape,
                    buffer.elements * 4, buffer.offset * 4, buffer.first, buffer.last);
  }
  text += fmt::format("arena {} bytes\n", plan.arena_elements * 4);
  return text;
}

}  // namespace castnet::codegen
