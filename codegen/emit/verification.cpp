#include "emit/verification.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace castnet::codegen {
namespace {

const Buffer& buffer_of(const Plan& plan, const Binding& binding) {
  return plan.buffers[static_cast<std::size_t>(binding.buffer)];
}

const Node& node_of(const Plan& plan, const Operation& operation) {
  return plan.graph.nodes[static_cast<std::size_t>(operation.node)];
}

bool overlap(const Buffer& a, const Buffer& b) {
  return a.offset < b.offset + b.elements && b.offset < a.offset + a.elements;
}

/// Whether an operation in [begin, end) writes over the buffer.
bool overwritten(const Plan& plan, const Buffer& buffer, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    for (const Binding& binding : plan.operations[i].bindings) {
      if (binding.writes && overlap(buffer, buffer_of(plan, binding))) return true;
    }
  }
  return false;
}

bool is_sum(const Operation& operation) { return operation.action == Action::accumulate; }

/// Of the operations of a plan in one half of it, forward or backward, the last that writes what
/// `like` of another plan does: its buffer. Sums are told apart by their number.
const Buffer& counterpart(const Plan& plan, const Operation& like, Role role, bool backward,
                          int sum) {
  const Buffer* found = nullptr;
  const auto middle = plan.operations.begin() + plan.forward_operations;
  const auto begin = backward ? middle : plan.operations.begin();
  const auto end = backward ? plan.operations.end() : middle;
  for (auto operation = begin; operation != end; ++operation) {
    if (operation->node != like.node || is_sum(*operation) != is_sum(like)) continue;
    for (const Binding& binding : operation->bindings) {
      if (!binding.writes || binding.role != role) continue;
      found = &buffer_of(plan, binding);
      if (is_sum(like) && sum-- == 0) return *found;
    }
  }
  return *found;
}

/// How many sums for the same node come before the operation.
int sums_before(const Plan& plan, std::size_t index) {
  int count = 0;
  for (std::size_t i = 0; i < index; ++i) {
    const Operation& other = plan.operations[i];
    count += is_sum(other) && other.node == plan.operations[index].node ? 1 : 0;
  }
  return count;
}

/// The backward operation of a node that reads the gradient of its output for its parameters.
const Operation* backward_of(const Plan& plan, int node) {
  const Operation* found = nullptr;
  for (auto i = static_cast<std::size_t>(plan.forward_operations); i < plan.operations.size();
       ++i) {
    const Operation& operation = plan.operations[i];
    if (operation.node != node || is_sum(operation)) continue;
    if (!found || operation.action == Action::backward_weight) found = &operation;
  }
  return found;
}

bool is_norm(const Plan& plan, int node) {
  const Op& op = plan.graph.nodes[static_cast<std::size_t>(node)].op;
  return std::holds_alternative<Norm>(op) || std::holds_alternative<ChannelNorm>(op);
}

const Binding* find(const Operation& operation, Role role) {
  const auto found = std::ranges::find(operation.bindings, role, &Binding::role);
  return found == operation.bindings.end() ? nullptr : &*found;
}

/// A buffer's place in each block's slice, and its elements there; none of what all blocks share.
std::string region(const Plan& plan, const Binding& binding) {
  const Buffer& buffer = buffer_of(plan, binding);
  if (!buffer.by_block) return "";
  return fmt::format("{{{}, {}}}", buffer.offset, slice_elements(plan, buffer));
}

/// The factors of what a norm over single images gives its input: the output's gradient, and the
/// means and 1 / stds. Over few values these terms cancel. Empty for what else gives it.
std::vector<std::string> norm_factors(const Plan& plan, const Binding& dx) {
  for (std::size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& operation = plan.operations[i];
    const Binding* const given = find(operation, Role::dx);
    const Binding* const dy = find(operation, Role::dy);
    const Binding* const saved = find(operation, Role::saved);
    if (!given || given->buffer != dx.buffer || !dy || !saved) continue;
    if (!is_norm(plan, operation.node) || !buffer_of(plan, *saved).by_block) return {};
    return {region(plan, *dy), region(plan, *saved)};
  }
  return {};
}

std::string terms(const std::vector<std::string>& factors, std::int64_t count) {
  return factors.empty() ? "{}" : fmt::format("{{{{{}}}, {}}}", fmt::join(factors, ", "), count);
}

/// Of a gradient that an operation gives its input, where that may be of a norm, or go through a
/// convolution to one. What a gate gets is a sum over the pixels that it gates.
std::string input_terms(const Plan& plan, const Operation& operation, Role role) {
  const Binding* const dx = find(operation, Role::dx);
  const Binding* const dy = find(operation, Role::dy);
  if (role == Role::dx2) {
    const Shape& in = node_of(plan, operation).in;
    return terms({region(plan, *dy), region(plan, *find(operation, Role::x))},
                 std::int64_t{in.height} * in.width);
  }
  std::vector<std::string> factors = dx ? norm_factors(plan, *dx) : std::vector<std::string>();
  if (factors.empty() && dx && dy) factors = norm_factors(plan, *dy);
  return terms(factors, 1);
}

/// Of a parameter's gradient: the output's gradient, and for weights the input, unless that is
/// normalised, which makes it about 1; as many as there are pixels in a batch.
std::string gradient_terms(const Plan& plan, int node, bool weights) {
  const Operation* const operation = backward_of(plan, node);
  const Binding* const dy = operation ? find(*operation, Role::dy) : nullptr;
  if (!dy) return "{}";
  std::vector<std::string> factors = norm_factors(plan, *dy);
  if (factors.empty()) factors.push_back(region(plan, *dy));
  const bool normalised = find(*operation, Role::moments) || is_norm(plan, node);
  if (weights && !normalised) factors.push_back(region(plan, *find(*operation, Role::x)));
  const Shape& out = plan.graph.nodes[static_cast<std::size_t>(node)].out;
  return terms(factors, std::int64_t{plan.graph.batch} * out.height * out.width);
}

/// The last operation that gives a gradient into that buffer.
const Operation& backward_giving(const Plan& plan, const Buffer& buffer) {
  const auto gives = [&](const Binding& binding) {
    return is_input_gradient(binding.role) && &buffer_of(plan, binding) == &buffer;
  };
  return *std::find_if(
      plan.operations.rbegin(), plan.operations.rend(),
      [&](const Operation& operation) { return std::ranges::any_of(operation.bindings, gives); });
}

/// The shape of the input whose gradient the role is.
const Shape& input_shape(const Graph& graph, const Node& node, Role role) {
  const int input = node.inputs[role == Role::dx2 ? 1 : 0];
  return input == kNetworkInput ? graph.input
                                : last_fused(graph.nodes[static_cast<std::size_t>(input)]).out;
}

std::string gradients(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.graph.nodes.size(); ++i) {
    const std::vector<Tensor>& tensors = plan.graph.nodes[i].parameters;
    for (const Tensor& tensor : tensors) {
      text += fmt::format("{{\"{}\", {}}},\n", tensor.name,
                          gradient_terms(plan, static_cast<int>(i), &tensor == &tensors.front()));
    }
  }
  return text;
}

std::string row(const Plan& cpu, const Plan& cuda, std::size_t index, std::size_t binding,
                int segment) {
  const Operation& operation = cuda.operations[index];
  const Node& node = node_of(cuda, operation);
  const Buffer& theirs = buffer_of(cuda, operation.bindings[binding]);
  const bool backward = index >= static_cast<std::size_t>(cuda.forward_operations);
  const Buffer& ours = counterpart(cpu, operation, operation.bindings[binding].role, backward,
                                   sums_before(cuda, index));
  const Role role = operation.bindings[binding].role;
  const bool dx = is_input_gradient(role);
  const Shape& shape = dx ? input_shape(cuda.graph, node, role) : last_fused(node).out;
  std::string action(operation.action.name);
  std::ranges::replace(action, '_', ' ');
  return fmt::format("{{\"{}\", \"{} {}\",\n {}, {}, {}, {}, {}, {}, {}, {}}},\n",
                     value_name(cuda, operation.bindings[binding]), node.name, action, backward,
                     segment, ours.offset, theirs.offset, shape.channels, shape.height, shape.width,
                     dx ? input_terms(cpu, backward_giving(cpu, ours), role) : "{}");
}

/// The rows of operations [begin, end): forward or backward.
std::string rows(const Plan& cpu, const Plan& cuda, std::size_t begin, std::size_t end) {
  std::string text;
  int segment = 0;
  for (std::size_t first = begin; first < end; ++segment) {
    std::size_t last = first;
    while (last < end && node_of(cuda, cuda.operations[last]).layer ==
                             node_of(cuda, cuda.operations[first]).layer) {
      ++last;
    }
    for (std::size_t i = first; i < last; ++i) {
      const auto& bindings = cuda.operations[i].bindings;
      for (std::size_t b = 0; b < bindings.size(); ++b) {
        const bool value =
            bindings[b].writes && (bindings[b].role == Role::y || bindings[b].role == Role::dz ||
                                   is_input_gradient(bindings[b].role));
        if (!value || overwritten(cuda, buffer_of(cuda, bindings[b]), i + 1, last)) continue;
        text += row(cpu, cuda, i, b, segment);
      }
    }
    first = last;
  }
  return text;
}

}  // namespace

std::string emit_verification(const Spec& spec, const Plan& cpu, const Plan& cuda,
                              std::int64_t memory, const Origin& origin,
                              const Templates& templates) {
  if (cpu.graph != cuda.graph) {
    throw std::logic_error("the targets' schedules fuse other operations: their values differ");
  }
  const auto forward = static_cast<std::size_t>(cuda.forward_operations);
  return templates.render("verify", "program", "program",
                          {{"name", spec.name},
                           {"spec_path", one_line(origin.path)},
                           {"batch", fmt::to_string(spec.train.batch)},
                           {"memory", fmt::to_string(memory)},
                           {"block", fmt::to_string(cpu.block_elements)},
                           {"gradients", gradients(cpu)},
                           {"buffers", rows(cpu, cuda, 0, forward) +
                                           rows(cpu, cuda, forward, cuda.operations.size())}});
}

}  // namespace castnet::codegen
