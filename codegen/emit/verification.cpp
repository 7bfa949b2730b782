#include "emit/verification.hpp"

#include <fmt/format.h>

#include <algorithm>

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

std::string row(const Plan& cpu, const Plan& cuda, std::size_t index, std::size_t binding,
                int segment) {
  const Operation& operation = cuda.operations[index];
  const Node& node = node_of(cuda, operation);
  const Buffer& theirs = buffer_of(cuda, operation.bindings[binding]);
  const bool backward = index >= static_cast<std::size_t>(cuda.forward_operations);
  const Buffer& ours = counterpart(cpu, operation, operation.bindings[binding].role, backward,
                                   sums_before(cuda, index));
  const Shape& shape = operation.bindings[binding].role == Role::dx ? node.in : last_part(node).out;
  std::string action(to_string(operation.action));
  std::ranges::replace(action, '_', ' ');
  return fmt::format("{{\"{}\", \"{} {}\",\n {}, {}, {}, {}, {}, {}, {}}},\n", theirs.name,
                     node.name, action, backward, segment, ours.offset, theirs.offset,
                     shape.channels, shape.height, shape.width);
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
            bindings[b].writes && (bindings[b].role == Role::y || bindings[b].role == Role::dx ||
                                   bindings[b].role == Role::dz);
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
                              const Origin& origin, const Templates& templates) {
  const auto forward = static_cast<std::size_t>(cuda.forward_operations);
  return templates.render("verify", "program", "program",
                          {{"name", spec.name},
                           {"spec_path", one_line(origin.path)},
                           {"block", fmt::to_string(cpu.block_elements)},
                           {"buffers", rows(cpu, cuda, 0, forward) +
                                           rows(cpu, cuda, forward, cuda.operations.size())}});
}

}  // namespace castnet::codegen
