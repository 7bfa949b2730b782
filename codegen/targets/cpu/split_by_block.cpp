#include <fmt/format.h>

#include <algorithm>

#include "layers/layer_type.hpp"
#include "passes/lifetimes.hpp"
#include "targets/cpu/blocks.hpp"

namespace castnet::codegen::cpu {
namespace {

bool is_forward(Action action) { return action == Action::forward || action == Action::statistics; }

bool packs(const Operation& operation) {
  return operation.action == action::pack || operation.action == action::pack_data;
}

class Splitting {
 public:
  explicit Splitting(Plan plan) : plan_(std::move(plan)) {}

  Plan run() {
    plan_.block = kLanes;
    for (Buffer& buffer : plan_.buffers) buffer.by_block = true;
    const std::vector<Operation> whole = std::move(plan_.operations);
    plan_.operations.clear();
    const auto forward = static_cast<std::size_t>(plan_.forward_operations);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (i == forward) plan_.forward_operations = static_cast<int>(plan_.operations.size());
      split(whole[i]);
    }
    if (whole.size() == forward)
      plan_.forward_operations = static_cast<int>(plan_.operations.size());
    pack_first();
    return std::move(plan_);
  }

 private:
  const Node& node_of(const Operation& operation) const {
    return plan_.graph.nodes[static_cast<std::size_t>(operation.node)];
  }

  void split(const Operation& operation) {
    const LayerType& type = layer_type(node_of(operation).op);
    for (const Binding& binding : operation.bindings) {
      if (binding.role == Role::saved && binding.writes) {
        plan_.buffers[static_cast<std::size_t>(binding.buffer)].by_block =
            !type.saved(node_of(operation), plan_.graph.batch).over_batch;
      }
    }
    const auto divided = operation.action == Action::accumulate
                             ? std::optional<Parts>()
                             : parts(node_of(operation), operation.action, plan_.graph.batch);
    if (!divided) return keep(operation);
    Operation with = operation;  // and the buffers of its parts
    for (const PartBuffer& buffer : divided->buffers) {
      with.bindings.push_back({buffer.role, add(operation, buffer), true});
    }
    for (const Part& part : divided->parts) append(with, part);
  }

  void keep(Operation operation) {
    operation.whole_batch = false;
    plan_.operations.push_back(std::move(operation));
  }

  int add(const Operation& operation, const PartBuffer& made) {
    Buffer buffer;
    buffer.name = fmt::format("{}{}_{}", is_forward(operation.action) ? "" : "d_",
                              node_of(operation).name, made.name);
    buffer.shape = fmt::to_string(made.elements);
    buffer.elements = made.elements;
    buffer.number = Number::real;
    buffer.node = operation.node;
    buffer.by_block = made.by_block;
    plan_.buffers.push_back(std::move(buffer));
    return static_cast<int>(plan_.buffers.size()) - 1;
  }

  void append(const Operation& whole, const Part& part) {
    Operation operation{part.action, whole.node, {}, false, part.whole_batch};
    operation.multiplies = whole.multiplies && part.action == whole.action;
    const auto take = [&](const std::vector<Role>& roles, bool writes) {
      for (const Role role : roles) {
        for (const Binding& binding : whole.bindings) {
          if (binding.role != role) continue;
          operation.bindings.push_back(binding);
          operation.bindings.back().writes = writes;
        }
      }
    };
    take(part.reads, false);
    take(part.writes, true);
    const auto& bindings = operation.bindings;
    operation.in_place = whole.in_place && !bindings.empty() &&
                         bindings.front() == whole.bindings.front() && bindings.back().writes;
    plan_.operations.push_back(std::move(operation));
  }

  /// Weights are packed where forward begins, and where backward does: between, the operations
  /// of a block follow each other.
  void pack_first() {
    const auto middle = plan_.operations.begin() + plan_.forward_operations;
    std::stable_partition(plan_.operations.begin(), middle, packs);
    std::stable_partition(middle, plan_.operations.end(), packs);
  }

  Plan plan_;
};

}  // namespace

Plan split_by_block(Plan plan) { return Splitting(std::move(plan)).run(); }

}  // namespace castnet::codegen::cpu
