#include "emit/walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "emit/table.hpp"
#include "layers/feature_map.hpp"
#include "layers/summary.hpp"

namespace castnet::codegen {
namespace {

/// The generated source's name for a tensor or buffer that an operation does not have.
constexpr char kNone[] = "none";

/// Lines broken behind a "(" or ", " where they would be too long at their indentation in a
/// function; what follows begins with `prefix`.
std::string folded(const std::string& text, const std::string& prefix) {
  constexpr std::size_t kWidth = kColumns - 4;
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    while (line.size() > kWidth) {
      const std::size_t open = line.find(">(");
      const std::size_t comma = line.rfind(", ", kWidth - 1);
      const std::size_t cut = open != std::string::npos ? open + 2 : comma + 1;
      if (open == std::string::npos && (comma == std::string::npos || comma < prefix.size())) break;
      out += line.substr(0, cut) + '\n';
      line = prefix + line.substr(line.find_first_not_of(' ', cut));
    }
    out += line + '\n';
  }
  return out;
}

std::string without_newline(std::string text) {
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

std::string operation_name(const Plan& plan, int index) {
  const Operation& operation = plan.operations[static_cast<std::size_t>(index)];
  std::string action(to_string(operation.action));
  std::replace(action.begin(), action.end(), '_', ' ');
  return plan.graph.nodes[static_cast<std::size_t>(operation.node)].name + " " + action;
}

class Walk {
 public:
  Walk(const Plan& plan, const Target& target, const Templates& templates)
      : plan_(plan), target_(target), templates_(templates), map_(feature_map(plan)) {}

  std::string shapes() const {
    std::string text;
    const auto add = [&](const Node& node) {
      text += templates_.render(kCommon, layer_type(node.op).name(), "shapes", node_values(node));
    };
    for (const Node& node : plan_.graph.nodes) {
      add(node);
      std::ranges::for_each(node.joined, add);
    }
    return text;
  }

  /// One assertion for each operation that has scratch memory.
  std::string scratch_asserts() const {
    std::string text;
    for (const Operation& operation : plan_.operations) {
      const bool scratch =
          std::ranges::count(operation.bindings, Role::scratch, &Binding::role) > 0;
      if (!scratch) continue;
      text += templates_.render(kCommon, layer_type(node_of(operation).op).name(),
                                fmt::format("{}_scratch", to_string(operation.action)),
                                values(operation));
    }
    return text;
  }

  /// What each layer's operations take for a batch, one row a layer.
  std::string layer_rows() const {
    std::string text;
    for (const LayerWork& work : layer_work(plan_)) {
      text += fmt::format("{{\"{}\", {}, {}, {}, {}}},\n", work.layer, work.forward.macs,
                          work.forward.bytes, work.backward.macs, work.backward.bytes);
    }
    return text;
  }

  /// Operations [begin, end), under a heading where a layer begins.
  std::string operations(int begin, int end) const {
    std::string text;
    std::string layer = "-";
    for (int i = begin; i < end; ++i) {
      const Operation& operation = plan_.operations[static_cast<std::size_t>(i)];
      if (node_of(operation).layer != layer) {
        layer = node_of(operation).layer;
        text += (text.empty() ? "" : "\n") + heading(node_of(operation));
      }
      text += folded(statement(operation), "    ") + map_offer(i);
    }
    return text;
  }

  /// Members of FeatureMap.
  std::string map_members() const {
    if (!map_) return {};
    const Node& node = plan_.graph.nodes[static_cast<std::size_t>(map_->node)];
    const Shape& shape = last_part(node).out;
    constexpr char kBreak[] =
        ",\n                                    ";  // aligned behind ".map = {"
    const std::string obstacle =
        map_->obstacle.empty() ? "" : fmt::format("{}.obstacle = \"{}\"", kBreak, map_->obstacle);
    return fmt::format(".layer = \"{}\", .channels = {}, .height = {}, .width = {}{}",
                       last_part(node).layer, shape.channels, shape.height, shape.width, obstacle);
  }

  /// What operations have as members of the program.
  std::string operation_members() const {
    std::string text;
    for (const Node& node : plan_.graph.nodes) {
      text += folded(
          templates_.render_if_there(target_.name, kinds(node), "members", node_values(node)),
          "    ");
    }
    return text;
  }

  std::string buffer_members() const {
    std::string text;
    for (const Buffer& buffer : plan_.buffers) {
      const std::string from = operation_name(plan_, buffer.first);
      const std::string to = operation_name(plan_, buffer.last);
      text += fmt::format("// [{}], {} bytes, {}\n", buffer.shape, thousands(buffer.elements * 4),
                          buffer.first == buffer.last ? "only " + from : from + " to " + to);
      text += part(to_string(buffer.number), {{"buffer", buffer.name},
                                              {"offset", fmt::to_string(buffer.offset)},
                                              {"elements", fmt::to_string(buffer.elements)}});
    }
    for (const Operation& operation : plan_.operations) {
      if (operation.action != Action::statistics) continue;
      text += "// Computed where it is read, never stored.\n";
      text += folded(
          templates_.render(target_.name, kinds(node_of(operation)), "on_read", values(operation)),
          "    ");
    }
    return text;
  }

 private:
  const Node& node_of(const Operation& operation) const {
    return plan_.graph.nodes[static_cast<std::size_t>(operation.node)];
  }

  /// How the target spells a part of a program that is not an operation.
  std::string part(std::string_view name, const Values& values) const {
    return templates_.render(target_.name, "parts", name, values);
  }

  /// Hands the feature map or its gradient over, behind the operation that completes it.
  std::string map_offer(int operation) const {
    if (!map_ || !map_->obstacle.empty()) return {};
    const bool values = operation == map_->values_from;
    if (!values && operation != map_->gradient_from) return {};
    const int buffer = values ? map_->values : map_->gradient;
    const Shape& shape = last_part(plan_.graph.nodes[static_cast<std::size_t>(map_->node)]).out;
    return folded(templates_.render_if_there(
                      target_.name, "parts", values ? "map_values" : "map_gradient",
                      {{"buffer", plan_.buffers[static_cast<std::size_t>(buffer)].name},
                       {"c", fmt::to_string(shape.channels)},
                       {"h", fmt::to_string(shape.height)},
                       {"w", fmt::to_string(shape.width)}}),
                  "    ");
  }

  /// Of the operations of a layer, the node's, with other layers that are joined to the node.
  std::string heading(const Node& node) const {
    std::string description = describe(plan_.graph, node.layer);
    for (const Node& part : node.joined) {
      if (part.layer == node.layer) continue;
      description += fmt::format("; {}: {}", part.layer, layer_type(part.op).describe(part.op));
    }
    const Values values{{"layer", node.layer}, {"description", description}};
    return folded(part("layer", values), "//   ");
  }

  /// Names the template: the kinds of the node and of what is joined to it, e.g. norm_dropout.
  static std::string kinds(const Node& node) {
    std::string kinds(layer_type(node.op).name());
    for (const Node& part : node.joined) kinds.append("_").append(layer_type(part.op).name());
    return kinds;
  }

  std::string statement(const Operation& operation) const {
    const std::string file =
        operation.action == Action::accumulate ? "accumulate" : kinds(node_of(operation));
    return templates_.render(target_.name, file, to_string(operation.action), values(operation));
  }

  Values node_values(const Node& node) const {
    Values values = layer_type(node.op).values(node);
    values.merge(Values{{"oc", fmt::to_string(node.out.channels)},
                        {"oh", fmt::to_string(node.out.height)},
                        {"ow", fmt::to_string(node.out.width)}});
    for (const char* name : {"weight", "bias", "d_weight", "d_bias", "running"})
      values[name] = kNone;
    for (const Tensor& tensor : node.parameters) {
      const std::string name = tensor.name.substr(tensor.name.rfind('.') + 1);
      values[name] = identifier(tensor.name);
      values["d_" + name] = "d_" + identifier(tensor.name);
    }
    for (const Node& part : node.joined) {
      values[std::string(layer_type(part.op).name())] = part.name;
    }
    if (!node.buffers.empty()) values["running"] = identifier(node.buffers.front().name);
    for (const char* name : {"shape", "shape_begin", "shape_name", "shape_end"}) {
      values[name] = without_newline(part(name, {{"node", node.name}}));
    }
    return values;
  }

  Values values(const Operation& operation) const {
    Values values = node_values(node_of(operation));
    values["scratch"] = kNone;
    values["scratch_elements"] = "0";
    for (const Binding& binding : operation.bindings) {
      const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(binding.buffer)];
      values[std::string(to_string(binding.role))] = buffer.name;
      if (binding.role == Role::moments) {
        values["x"] = plan_.graph.nodes[static_cast<std::size_t>(buffer.node)].name;
      }
      if (binding.role == Role::x || binding.role == Role::y) values["x_or_y"] = buffer.name;
      if (binding.role == Role::scratch) {
        values["scratch_elements"] = fmt::to_string(buffer.elements);
      }
    }
    values.try_emplace("saved", kNone);
    return values;
  }

  const Plan& plan_;
  const Target& target_;
  const Templates& templates_;
  std::optional<FeatureMap> map_;
};

}  // namespace

Values plan_values(const Plan& plan, const Target& target, const Templates& templates) {
  const Walk walk(plan, target, templates);
  const int last = static_cast<int>(plan.operations.size());
  return {{"shapes", walk.shapes()},
          {"scratch_asserts", walk.scratch_asserts()},
          {"layer_count", fmt::to_string(layer_work(plan).size())},
          {"layer_table", walk.layer_rows()},
          {"map", walk.map_members()},
          {"forward", walk.operations(0, plan.forward_operations)},
          {"backward", walk.operations(plan.forward_operations, last)},
          {"buffer_members", walk.buffer_members()},
          {"operation_members", walk.operation_members()}};
}

}  // namespace castnet::codegen
