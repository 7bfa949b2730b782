#include <fmt/format.h>

#include "layers/layer_type.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

class Derivation {
 public:
  explicit Derivation(const Graph& graph)
      : saved_(graph.nodes.size(), -1),
        value_(graph.nodes.size(), -1),
        gradients_(graph.nodes.size()) {
    plan_.graph = graph;
    input_ = add_value(kNetworkInput, "input");
  }

  Plan run() {
    const int count = static_cast<int>(plan_.graph.nodes.size());
    for (int i = 0; i < count; ++i) forward(i);
    plan_.forward_operations = static_cast<int>(plan_.operations.size());
    for (int i = count - 1; i >= 0; --i) backward(i);
    return std::move(plan_);
  }

 private:
  const Node& node(int i) const { return plan_.graph.nodes[static_cast<std::size_t>(i)]; }

  int add_buffer(int of, std::string name, std::string shape, std::int64_t elements,
                 Number number) {
    Buffer buffer;
    buffer.number = number;
    buffer.node = of;
    buffer.name = std::move(name);
    buffer.shape = std::move(shape);
    buffer.elements = elements;
    plan_.buffers.push_back(std::move(buffer));
    return static_cast<int>(plan_.buffers.size()) - 1;
  }

  /// An output of node `of`, or its gradient.
  int add_value(int of, std::string name) {
    const Shape& shape = of == kNetworkInput ? plan_.graph.input : last_part(node(of)).out;
    return add_buffer(of, std::move(name),
                      fmt::format("{} x {}", plan_.graph.batch, to_text(shape)),
                      shape.elements() * plan_.graph.batch, Number::value);
  }

  /// What a node keeps or needs beside its output.
  int add_numbers(int of, const std::string& name, std::int64_t elements,
                  Number number = Number::real) {
    const std::string shape =
        number == Number::bytes ? fmt::format("{} bytes", elements * 4) : fmt::to_string(elements);
    return add_buffer(of, name, shape, elements, number);
  }

  /// What the output of node `i` is called: for the node, or for another layer's that is joined to
  /// it.
  const std::string& name(int i) const {
    const Node& last = last_part(node(i));
    return last.layer == node(i).layer ? node(i).name : last.name;
  }

  bool on_read(int i) const { return i != kNetworkInput && node(i).on_read; }

  int value(int i) const {
    if (on_read(i)) return value(node(i).inputs[0]);
    return i == kNetworkInput ? input_ : value_[static_cast<std::size_t>(i)];
  }

  /// Adds what the operation has to read for the output of node `i`.
  void read(Operation& operation, Role role, int i) const {
    operation.bindings.push_back({role, value(i), false});
    if (on_read(i)) {
      operation.bindings.push_back({Role::moments, saved_[static_cast<std::size_t>(i)], false});
    }
  }

  void forward(int i) {
    const LayerType& type = layer_type(node(i).op);
    const Action action = on_read(i) ? Action::statistics : Action::forward;
    Operation operation{action, i, {}, type.forward_in_place(node(i).op)};
    read(operation, Role::x, node(i).inputs[0]);
    if (node(i).inputs.size() > 1) read(operation, Role::x2, node(i).inputs[1]);
    if (const Saved saved = type.saved(node(i), plan_.graph.batch); saved.elements > 0) {
      saved_[static_cast<std::size_t>(i)] =
          add_numbers(i, node(i).name + "_saved", saved.elements, saved.number);
      operation.bindings.push_back({Role::saved, saved_[static_cast<std::size_t>(i)], true});
    }
    if (const auto elements = type.forward_scratch(node(i), plan_.graph.batch); elements > 0) {
      operation.bindings.push_back(
          {Role::scratch, add_numbers(i, node(i).name + "_sums", elements), true});
    }
    if (!std::holds_alternative<Loss>(node(i).op) && !on_read(i)) {
      value_[static_cast<std::size_t>(i)] = add_value(i, name(i));
      operation.bindings.push_back({Role::y, value(i), true});
    }
    plan_.operations.push_back(std::move(operation));
  }

  /// The gradient of a node's output: what its only reader gave, or the sum of what all gave.
  int gradient_of(int i) {
    std::vector<int>& parts = gradients_[static_cast<std::size_t>(i)];
    if (parts.empty()) return -1;  // the loss
    while (parts.size() > 1) {
      const int b = parts.back();
      parts.pop_back();
      const int a = parts.back();
      parts.back() = add_value(i, fmt::format("d_{}_sum{}", name(i), parts.size()));
      plan_.operations.push_back(
          {Action::accumulate,
           i,
           {{Role::a, a, false}, {Role::b, b, false}, {Role::y, parts.back(), true}},
           true});
    }
    return parts.front();
  }

  void give(int to, int gradient) {
    if (to != kNetworkInput) gradients_[static_cast<std::size_t>(to)].push_back(gradient);
  }

  void backward(int i) {
    int dy = gradient_of(i);
    const std::vector<int> inputs = node(i).inputs;
    if (std::holds_alternative<Add>(node(i).op)) {
      for (const int input : inputs) give(input, dy);
      return;
    }
    for (const BackwardStep& step : layer_type(node(i).op).backward(node(i), plan_.graph.batch)) {
      const bool trains = step.action == Action::backward_weight || !node(i).parameters.empty();
      if (inputs[0] == kNetworkInput && step.writes_dx && step.action == Action::backward_data)
        continue;
      if (inputs[0] == kNetworkInput && !trains) continue;  // nothing reads the images' gradient
      dy = append(i, step, dy);
    }
  }

  /// Returns the gradient that the next step reads.
  int append(int i, const BackwardStep& step, int dy) {
    Operation operation{step.action, i, {}, step.in_place};
    auto& bindings = operation.bindings;
    const int input = node(i).inputs[0];
    if (dy >= 0) bindings.push_back({Role::dy, dy, false});
    if (step.reads_x) read(operation, Role::x, input);
    if (step.reads_y) bindings.push_back({Role::y, value(i), false});
    if (step.reads_saved)
      bindings.push_back({Role::saved, saved_[static_cast<std::size_t>(i)], false});
    if (step.scratch > 0) {
      const std::string name = fmt::format("d_{}_{}", node(i).name, step.scratch_name);
      bindings.push_back({Role::scratch, add_numbers(i, name, step.scratch), true});
    }
    if (step.writes_dx) {
      // Named for the value whose gradient it is, and for who gives it where several do.
      const std::string gradient = input == kNetworkInput ? "d_input" : "d_" + name(input);
      const bool again =
          input != kNetworkInput && !gradients_[static_cast<std::size_t>(input)].empty();
      const int dx =
          add_value(input, again ? gradient + "_from_" + identifier(node(i).scope) : gradient);
      bindings.push_back({Role::dx, dx, true});
      give(input, dx);
    }
    if (step.writes_dz) {
      dy = add_value(i, "d_" + name(i) + "_before_act");
      bindings.push_back({Role::dz, dy, true});
    }
    plan_.operations.push_back(std::move(operation));
    return dy;
  }

  Plan plan_;
  int input_ = 0;
  std::vector<int> saved_;
  std::vector<int> value_;
  std::vector<std::vector<int>> gradients_;
};

}  // namespace

Plan derive_backward(const Graph& graph) { return Derivation(graph).run(); }

}  // namespace castnet::codegen
