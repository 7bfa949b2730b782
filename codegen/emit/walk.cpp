#include "emit/walk.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "analysis/feature_map.hpp"
#include "analysis/summary.hpp"
#include "emit/lines.hpp"
#include "emit/memory.hpp"
#include "emit/table.hpp"

namespace castnet::codegen {
namespace {

/// The generated source's name for a tensor or buffer that an operation does not have.
constexpr char kNone[] = "none";

class Walk {
 public:
  /// `prefix`: of what a plan that is not the program's first calls its own.
  Walk(const Plan& plan, const Target& target, const Templates& templates,
       std::string_view prefix = "")
      : plan_(plan),
        target_(target),
        templates_(templates),
        prefix_(prefix),
        map_(prefix.empty() ? feature_map(plan) : std::optional<FeatureMap>()) {}

  /// Adds the lines that include the operations' kernels: those of their templates, or the header
  /// of a template's name.
  void add_headers(std::set<std::string>& lines) const {
    for (const Operation& operation : plan_.operations) {
      for (const std::string& file : files(operation)) {
        std::string text = templates_.render_if_there(target_.name, {file}, "headers", {});
        if (text.empty()) {
          text = fmt::format("#include \"kernels/{}/{}.hpp\"\n", target_.name, file);
        }
        add_lines(lines, text);
      }
    }
  }

  std::string shapes() const {
    std::string text;
    const auto add = [&](const Node& node) {
      text += templates_.render(kCommon, std::string(layer_type(node.op).shape_template()),
                                "shapes", node_values(node, ""));
    };
    for (const Node& node : plan_.graph.nodes) {
      add(node);
      std::ranges::for_each(node.fused, add);
    }
    return text;
  }

  /// What operations assert of the memory that they have for themselves.
  std::string scratch_asserts() const {
    std::string text;
    for (const Operation& operation : plan_.operations) {
      const bool own = std::ranges::any_of(operation.bindings, [&](const Binding& binding) {
        return binding.writes && binding.role != Role::saved &&
               plan_.buffers[static_cast<std::size_t>(binding.buffer)].number == Number::real;
      });
      if (!own) continue;
      const std::string section = fmt::format("{}_asserts", operation.action.name);
      text +=
          templates_.render_if_there(target_.name, files(operation), section, values(operation));
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

  /// Operations [begin, end), under a heading where a layer begins. Of a plan by blocks those
  /// between two that need the whole batch run together for each block.
  std::string operations(int begin, int end) const {
    std::string text;
    for (int i = begin; i < end;) {
      int last = i;
      std::string offer;
      while (last < end && offer.empty() && whole_batch(last) == whole_batch(i)) {
        offer = map_offer(last++);
      }
      const bool blocks = !whole_batch(i);
      if (blocks && !text.empty()) text += '\n';
      if (blocks) text += spelled("blocks_begin", {});
      text += blocks ? indented(statements(i, last)) : statements(i, last);
      if (blocks) text += spelled("blocks_end", {});
      text += offer;
      i = last;
    }
    return text;
  }

  /// Members of FeatureMap.
  std::string map_members() const {
    if (!map_) return {};
    const Node& node = plan_.graph.nodes[static_cast<std::size_t>(map_->node)];
    const Shape& shape = last_fused(node).out;
    const std::string obstacle =
        map_->obstacle.empty() ? "" : fmt::format(",\n        .obstacle = \"{}\"", map_->obstacle);
    return fmt::format(".layer = \"{}\", .channels = {}, .height = {}, .width = {}{}",
                       last_fused(node).layer, shape.channels, shape.height, shape.width, obstacle);
  }

  /// What operations have as members of the program.
  std::string operation_members() const {
    std::string text;
    for (int i = 0; i < static_cast<int>(plan_.graph.nodes.size()); ++i) {
      const Node& node = plan_.graph.nodes[static_cast<std::size_t>(i)];
      Values values = node_values(node, "");
      values["gradients"] =
          passes_gradient_on(i) ? "Gradients::of_weight_and_input" : "Gradients::of_weight";
      text +=
          folded(templates_.render_if_there(target_.name, files(node), "members", values), "    ");
    }
    return text;
  }

  /// All buffers but the images, which plans have in common where there are two. Behind each those
  /// values that are written over what it is named for.
  std::string buffer_members() const {
    std::string text;
    for (int i = prefix_.empty() ? 0 : 1; i < static_cast<int>(plan_.buffers.size()); ++i) {
      const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(i)];
      const std::string kind =
          fmt::format("{}{}", to_string(buffer.number), buffer.by_block ? "_of_blocks" : "");
      const std::string place = spelled("place_of_" + kind, {{"entry", map_entry(buffer)}});
      const auto member = [&](const std::string& name, const std::string& what) {
        text += folded(spelled(kind, {{"buffer", name}, {"place", what}}), "    ", 2);
      };
      member(buffer.name, without_newline(place));
      for (const std::string& name : other_names(i)) member(name, buffer.name);
    }
    for (int i = 0; i < static_cast<int>(plan_.graph.nodes.size()); ++i) text += view(i);
    return text;
  }

 private:
  /// A buffer's entry of the memory map.
  std::string map_entry(const Buffer& buffer) const {
    return fmt::format("{}[\"{}\"]", map_name(plan_, buffer.by_block, !prefix_.empty()),
                       buffer.name);
  }

  /// What else a buffer holds, in the order of the operations.
  std::vector<std::string> other_names(int buffer) const {
    std::vector<std::string> names;
    for (const Operation& operation : plan_.operations) {
      for (const Binding& binding : operation.bindings) {
        if (binding.buffer != buffer || binding.as.empty()) continue;
        if (std::ranges::count(names, binding.as) == 0) names.push_back(binding.as);
      }
    }
    return names;
  }

  const Node& node_of(const Operation& operation) const {
    return plan_.graph.nodes[static_cast<std::size_t>(operation.node)];
  }

  const Buffer& buffer_of(const Binding& binding) const {
    return plan_.buffers[static_cast<std::size_t>(binding.buffer)];
  }

  bool whole_batch(int operation) const {
    return plan_.operations[static_cast<std::size_t>(operation)].whole_batch;
  }

  /// Whether the gradient of a convolution's input is computed: nobody needs that of the images.
  bool passes_gradient_on(int node) const {
    return std::ranges::any_of(plan_.operations, [node](const Operation& operation) {
      return operation.node == node && operation.action == Action::backward_data;
    });
  }

  /// Of statements.
  std::size_t indentation() const { return plan_.block > 0 ? 6 : 4; }

  /// Operations [begin, end), which run together. Headings are for those that do the layers' work.
  std::string statements(int begin, int end) const {
    std::string text;
    std::string layer = "-";
    const bool headings = plan_.block == 0 || !whole_batch(begin);
    for (int i = begin; i < end; ++i) {
      const Operation& operation = plan_.operations[static_cast<std::size_t>(i)];
      if (headings && node_of(operation).layer != layer) {
        layer = node_of(operation).layer;
        text += (text.empty() ? "" : "\n") + heading(node_of(operation));
      }
      text += folded(statement(operation), "    ", indentation());
      if (plan_.block == 0) text += map_offer(i);
    }
    return text;
  }

  /// A norm whose output is computed where it is read.
  std::string view(int index) const {
    const Node& node = plan_.graph.nodes[static_cast<std::size_t>(index)];
    if (!node.on_read) return {};
    Values values = node_values(node, "");
    values["view"] = prefix_ + node.name;
    // What its reader reads: the norm's input, then the norm's moments.
    for (const Operation& operation : plan_.operations) {
      for (std::size_t i = 1; i < operation.bindings.size(); ++i) {
        const Buffer& saved = buffer_of(operation.bindings[i]);
        if (operation.bindings[i].role != Role::moments || saved.node != index) continue;
        values["x"] = value_name(plan_, operation.bindings[i - 1]);
        values["saved"] = saved.name;
      }
    }
    return "// Computed where it is read, never stored.\n" +
           folded(templates_.render_first(target_.name, files(node), "on_read", values), "    ");
  }

  /// How the target spells a piece of a program that is not an operation.
  std::string spelled(std::string_view name, const Values& values) const {
    return templates_.render(target_.name, "spelling", name, values);
  }

  /// Hands the feature map or its gradient over, behind the operation that completes it.
  std::string map_offer(int operation) const {
    if (!map_ || !map_->obstacle.empty()) return {};
    const bool values = operation == map_->values_from;
    if (!values && operation != map_->gradient_from) return {};
    const Shape& shape = last_fused(plan_.graph.nodes[static_cast<std::size_t>(map_->node)]).out;
    return folded(templates_.render_if_there(
                      target_.name, {"spelling"}, values ? "map_values" : "map_gradient",
                      {{"buffer", written_name(operation, values ? map_->values : map_->gradient)},
                       {"c", fmt::to_string(shape.channels)},
                       {"h", fmt::to_string(shape.height)},
                       {"w", fmt::to_string(shape.width)}}),
                  "    ");
  }

  /// What the operation writes into a buffer.
  const std::string& written_name(int operation, int buffer) const {
    const auto& bindings = plan_.operations[static_cast<std::size_t>(operation)].bindings;
    return value_name(plan_, *std::ranges::find_if(bindings, [buffer](const Binding& binding) {
                        return binding.writes && binding.buffer == buffer;
                      }));
  }

  /// Of the operations of a layer, the node's, with other layers that are fused with the node.
  std::string heading(const Node& node) const {
    std::string description = describe(plan_.graph, node.layer);
    for (const Node& one : node.fused) {
      if (one.layer == node.layer) continue;
      description += fmt::format("; {}: {}", one.layer, layer_type(one.op).describe(one.op));
    }
    const Values values{{"layer", node.layer}, {"description", description}};
    return folded(spelled("layer", values), "//   ", indentation());
  }

  /// Templates of a node: of the kinds of the node and of what is fused with it, e.g. norm_dropout,
  /// and for the sections that this lacks, of the node's own kind.
  static std::vector<std::string> files(const Node& node) {
    const std::string own(layer_type(node.op).name());
    std::string fused = own;
    for (const Node& one : node.fused) fused.append("_").append(layer_type(one.op).name());
    return {fused, own};
  }

  std::vector<std::string> files(const Operation& operation) const {
    if (operation.action == Action::accumulate) return {"accumulate"};
    return files(node_of(operation));
  }

  std::string statement(const Operation& operation) const {
    return templates_.render_first(target_.name, files(operation), operation.action.name,
                                   values(operation));
  }

  /// A running_mean and a running_var.
  static void add_statistics(Values& values, const Node& node) {
    for (const Tensor& tensor : node.statistics) {
      values[tensor.name.substr(tensor.name.rfind('.') + 1)] = identifier(tensor.name);
    }
  }

  /// `slice` picks a block's slice of what has one for each.
  Values node_values(const Node& node, const std::string& slice) const {
    Values values = layer_type(node.op).values(node);
    values.merge(Values{{"oc", fmt::to_string(node.out.channels)},
                        {"oh", fmt::to_string(node.out.height)},
                        {"ow", fmt::to_string(node.out.width)}});
    for (const char* name :
         {"weight", "bias", "d_weight", "d_bias", "running_mean", "running_var"}) {
      values[name] = kNone;
    }
    for (const Tensor& tensor : node.parameters) {
      const std::string name = tensor.name.substr(tensor.name.rfind('.') + 1);
      values[name] = identifier(tensor.name);
      values["d_" + name] = "d_" + identifier(tensor.name) + slice;
    }
    for (const Node& one : node.fused) {
      const std::string kind(layer_type(one.op).name());
      values[kind] = one.name;
      for (const char* name : {"weight", "bias"}) values[kind + '_' + name] = kNone;
      for (const Tensor& tensor : one.parameters) {
        values[kind + tensor.name.substr(tensor.name.rfind('.')).replace(0, 1, "_")] =
            identifier(tensor.name);
      }
      add_statistics(values, one);
    }
    add_statistics(values, node);
    for (const char* name : {"shape", "shape_begin", "shape_name", "shape_end"}) {
      values[name] = without_newline(spelled(name, {{"node", node.name}}));
    }
    return values;
  }

  /// The operation's buffers by their roles, and their sizes.
  Values buffer_values(const Operation& operation, const std::string& slice) const {
    Values values;
    for (const Binding& binding : operation.bindings) {
      const Buffer& buffer = buffer_of(binding);
      const std::string role(binding.role.name);
      const std::string name = value_name(plan_, binding) + (buffer.by_block ? slice : "");
      values[role] = name;
      values[role + "_elements"] = map_entry(buffer) + ".elements";
      if (binding.role == Role::moments) {
        values["x"] =
            prefix_ + plan_.graph.nodes[static_cast<std::size_t>(buffer.node)].name + slice;
      }
      if (binding.role == Role::x || binding.role == Role::y) values["x_or_y"] = name;
    }
    return values;
  }

  Values values(const Operation& operation) const {
    const std::string slice = operation.whole_batch ? "" : "[b]";
    Values values = buffer_values(operation, slice);
    values.merge(node_values(node_of(operation), slice));
    values.merge(Values{{"scratch", kNone}, {"saved", "nullptr"}});
    return values;
  }

  const Plan& plan_;
  const Target& target_;
  const Templates& templates_;
  std::string prefix_;
  std::optional<FeatureMap> map_;
};

}  // namespace

std::string operation_name(const Plan& plan, int index) {
  const Operation& operation = plan.operations[static_cast<std::size_t>(index)];
  std::string action(operation.action.name);
  std::replace(action.begin(), action.end(), '_', ' ');
  return plan.graph.nodes[static_cast<std::size_t>(operation.node)].name + " " + action;
}

Values plan_values(const Plans& plans, const Target& target, const Templates& templates) {
  const Plan& plan = plans.plan;
  const Walk walk(plan, target, templates);
  std::set<std::string> headers;
  add_lines(headers, templates.render_if_there(target.name, {"spelling"}, "headers", {}));
  walk.add_headers(headers);
  const int last = static_cast<int>(plan.operations.size());
  std::string asserts = walk.scratch_asserts();
  Values evaluation;
  if (plans.evaluation) {
    const Walk other(*plans.evaluation, target, templates, "e_");
    other.add_headers(headers);
    add_new_lines(asserts, other.scratch_asserts());
    evaluation = {{"evaluate", other.operations(0, plans.evaluation->forward_operations)},
                  {"evaluation_members", other.buffer_members()}};
  }
  evaluation.merge(Values{{"kernel_headers", fmt::format("{}", fmt::join(headers, ""))},
                          {"shapes", walk.shapes()},
                          {"scratch_asserts", folded(asserts, "              ", 0)},
                          {"layer_count", fmt::to_string(layer_work(plan).size())},
                          {"layer_table", walk.layer_rows()},
                          {"map", walk.map_members()},
                          {"forward", walk.operations(0, plan.forward_operations)},
                          {"backward", walk.operations(plan.forward_operations, last)},
                          {"buffer_members", walk.buffer_members()},
                          {"operation_members", walk.operation_members()}});
  return evaluation;
}

}  // namespace castnet::codegen
