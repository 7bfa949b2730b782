#include "ir/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <numeric>

namespace castnet::codegen {

std::string identifier(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

int FieldAxis::size() const {
  return static_cast<int>(
      std::min<std::int64_t>(last - first + 1, std::numeric_limits<int>::max()));
}

int last_with_pixels(const Graph& graph) {
  for (int i = static_cast<int>(graph.nodes.size()) - 1; i >= 0; --i) {
    const Shape& out = last_fused(graph.nodes[static_cast<std::size_t>(i)]).out;
    if (out.height * out.width > 1) return i;
  }
  return kNetworkInput;
}

const Node& last_fused(const Node& node) { return node.fused.empty() ? node : node.fused.back(); }

std::int64_t Tensor::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

const Plan& evaluation_of(const Plans& plans) {
  return plans.evaluation ? *plans.evaluation : plans.plan;
}

int blocks(const Plan& plan) { return plan.block == 0 ? 1 : plan.graph.batch / plan.block; }

std::int64_t arena_elements(const Plan& plan) {
  return blocks(plan) * plan.block_elements + plan.shared_elements;
}

std::int64_t workspaces_elements(const Plan& plan) {
  return blocks(plan) * plan.workspace_elements;
}

const std::string& value_name(const Plan& plan, const Binding& binding) {
  return binding.as.empty() ? plan.buffers[static_cast<std::size_t>(binding.buffer)].name
                            : binding.as;
}

std::int64_t slice_elements(const Plan& plan, const Buffer& buffer) {
  return buffer.by_block ? buffer.elements / blocks(plan) : buffer.elements;
}

int state_tensors(const OptimizerSpec& optimizer) {
  switch (optimizer.kind) {
    case OptimizerKind::sgd:
      return optimizer.momentum > 0 ? 1 : 0;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return 2;
    case OptimizerKind::muon:
      return 1;
  }
  return 0;
}

int scratch_tensors(const OptimizerSpec& optimizer) {
  return optimizer.kind == OptimizerKind::muon ? 4 : 0;
}

std::string_view to_string(Number number) {
  static constexpr std::array<std::string_view, 3> kNames{"value", "real", "bytes"};
  return kNames.at(static_cast<std::size_t>(number));
}

namespace {

/// The name of the node and of the operations fused with it, e.g. C4_norm+C4_dropout.
std::string names(const Node& node) {
  std::string names = node.name;
  for (const Node& one : node.fused) names += "+" + one.name;
  return names;
}

}  // namespace

std::string to_text(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& operation = plan.operations[i];
    const Node& node = plan.graph.nodes[static_cast<std::size_t>(operation.node)];
    text += fmt::format("{:3} {} {}", i,
                        operation.action == Action::accumulate ? node.name : names(node),
                        operation.action.name);
    if (plan.block > 0 && operation.whole_batch) text += " (batch)";
    for (const Binding& binding : operation.bindings) {
      const Buffer& buffer = plan.buffers[static_cast<std::size_t>(binding.buffer)];
      text += fmt::format(" {}{}{}", binding.role.name, binding.writes ? "=>" : "=",
                          value_name(plan, binding));
      if (!binding.as.empty()) text += fmt::format(" (in {})", buffer.name);
    }
    if (operation.workspace > 0)
      text += fmt::format(" workspace {} bytes", operation.workspace * 4);
    text += '\n';
  }
  for (const Buffer& buffer : plan.buffers) {
    text += fmt::format("buffer {} [{}] {} bytes{} at {}, operations {}..{}\n", buffer.name,
                        buffer.shape, buffer.elements * 4, buffer.by_block ? " by block" : "",
                        buffer.offset * 4, buffer.first, buffer.last);
  }
  text += fmt::format("arena {} bytes", arena_elements(plan) * 4);
  if (plan.block > 0) {
    text += fmt::format(", {} of them for each of {} blocks of {} images", plan.block_elements * 4,
                        blocks(plan), plan.block);
    text += fmt::format("\nworkspaces {} bytes, {} for each of up to {} threads",
                        workspaces_elements(plan) * 4, plan.workspace_elements * 4, blocks(plan));
  }
  text += '\n';
  return text;
}

}  // namespace castnet::codegen
