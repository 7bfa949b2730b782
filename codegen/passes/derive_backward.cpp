#include <fmt/format.h>

#include <algorithm>

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

  void forward() {
    for (int i = 0; i < count(); ++i) forward(i);
    plan_.forward_operations = static_cast<int>(plan_.operations.size());
  }

  void backward() {
    for (int i = count() - 1; i >= 0; --i) backward(i);
  }

  Plan result() { return std::move(plan_); }

 private:
  int count() const { return static_cast<int>(plan_.graph.nodes.size()); }
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
    const Shape& shape = of == kNetworkInput ? plan_.graph.input : last_fused(node(of)).out;
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

  /// What the output of node `i` is called: for the last operation that is fused with it.
  const std::string& name(int i) const { return last_fused(node(i)).name; }

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
    operation.multiplies = true;
    read(operation, Role::x, node(i).inputs[0]);
    if (node(i).inputs.size() > 1) read(operation, Role::x2, node(i).inputs[1]);
    if (const Saved saved = type.saved(node(i), plan_.graph.batch); saved.elements > 0) {
      saved_[static_cast<std::size_t>(i)] =
          add_numbers(i, node(i).name + "_saved", saved.elements, saved.number);
      operation.bindings.push_back({Role::saved, saved_[static_cast<std::size_t>(i)], true});
    }
    if (!std::holds_alternative<Loss>(node(i).op) && !on_read(i)) {
      value_[static_cast<std::size_t>(i)] = add_value(i, name(i));
      operation.bindings.push_back({Role::y, value(i), true});
    }
    plan_.operations.push_back(std::move(operation));
  }

  /// The gradient of a node's output: what its only reader gave, or the sum of what all gave.
  int gradient_of(int i) {
    std::vector<int>& terms = gradients_[static_cast<std::size_t>(i)];
    if (terms.empty()) return -1;  // the loss
    while (terms.size() > 1) {
      const int b = terms.back();
      terms.pop_back();
      const int a = terms.back();
      terms.back() = add_value(
          i, terms.size() == 1 ? "d_" + name(i) : fmt::format("d_{}_sum{}", name(i), terms.size()));
      plan_.operations.push_back(
          {Action::accumulate,
           i,
           {{Role::a, a, false}, {Role::b, b, false}, {Role::y, terms.back(), true}},
           true});
    }
    return terms.front();
  }

  /// What node `i` finds in the buffer, where that is named for another node: an operation that
  /// gives its inputs the gradient of its output unchanged gives them the buffer.
  std::string gradient_name(int i, int buffer) const {
    const bool own = plan_.buffers[static_cast<std::size_t>(buffer)].node == i;
    return own ? std::string() : "d_" + name(i);
  }

  void give(int to, int gradient) {
    if (to != kNetworkInput) gradients_[static_cast<std::size_t>(to)].push_back(gradient);
  }

  void backward(int i) {
    int dy = gradient_of(i);
    const std::vector<BackwardStep> steps = layer_type(node(i).op).backward(node(i));
    if (steps.empty()) {
      for (const int input : node(i).inputs) give(input, dy);
    }
    for (const BackwardStep& step : steps) {
      if (is_needed(i, step)) dy = append(i, step, dy);
    }
  }

  int input_of(int i, Role role) const {
    const bool second = role == Role::x2 || role == Role::dx2;
    return node(i).inputs[second ? 1 : 0];
  }

  /// Whether anything reads what the step writes: nothing reads the images' gradient.
  bool is_needed(int i, const BackwardStep& step) const {
    const bool trains = step.action != Action::backward_data && !node(i).parameters.empty();
    return trains || std::ranges::any_of(step.writes, [&](Role role) {
             return !is_input_gradient(role) || input_of(i, role) != kNetworkInput;
           });
  }

  /// Returns the gradient that the next step reads.
  int append(int i, const BackwardStep& step, int dy) {
    Operation operation{step.action, i, {}, step.in_place};
    operation.multiplies =
        step.action == Action::backward_data || step.action == Action::backward_weight;
    if (dy >= 0) operation.bindings.push_back({Role::dy, dy, false, gradient_name(i, dy)});
    for (const Role role : step.reads) {
      if (role == Role::y || role == Role::saved) {
        const int buffer = role == Role::y ? value(i) : saved_[static_cast<std::size_t>(i)];
        operation.bindings.push_back({role, buffer, false});
      } else {
        read(operation, role, input_of(i, role));
      }
    }
    for (const Role role : step.writes) {
      const int written =
          role == Role::dz ? add_value(i, "d_" + node(i).name) : add_gradient(i, input_of(i, role));
      operation.bindings.push_back({role, written, true});
      if (role == Role::dz) dy = written;
    }
    plan_.operations.push_back(std::move(operation));
    return dy;
  }

  /// How many inputs the output of node `i` is.
  std::ptrdiff_t readers(int i) const {
    std::ptrdiff_t sum = 0;
    for (const Node& node : plan_.graph.nodes) sum += std::ranges::count(node.inputs, i);
    return sum;
  }

  /// What node `i` gives one of its inputs: named for the value whose gradient it is, and where
  /// that is a sum for who gives this part of it.
  int add_gradient(int i, int input) {
    const std::string gradient = input == kNetworkInput ? "d_input" : "d_" + name(input);
    const bool part = input != kNetworkInput && readers(input) > 1;
    const int dx =
        add_value(input, part ? gradient + "_from_" + identifier(node(i).scope) : gradient);
    give(input, dx);
    return dx;
  }

  Plan plan_;
  int input_ = 0;
  std::vector<int> saved_;
  std::vector<int> value_;
  std::vector<std::vector<int>> gradients_;
};

}  // namespace

Plan derive_forward(const Graph& graph) {
  Derivation derivation(graph);
  derivation.forward();
  return derivation.result();
}

Plan derive_backward(const Graph& graph) {
  Derivation derivation(graph);
  derivation.forward();
  derivation.backward();
  return derivation.result();
}

}  // namespace castnet::codegen
