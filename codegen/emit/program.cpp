#include "emit/program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "emit/recipe.hpp"
#include "emit/table.hpp"
#include "ir/words.hpp"
#include "layers/summary.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kColumns = 100;

/// The generated source's name for a tensor or buffer that an operation does not have.
constexpr char kNone[] = "none";

std::string comment(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    out += "// " + text.substr(begin, end - begin) + '\n';
  }
  return out;
}

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

/// Names and places of all parameters, or of all buffers, in the order of their arena.
struct TensorText {
  std::string slices;
  std::string table;
  std::string members;
  std::int64_t elements = 0;
  int count = 0;
};

void append(TensorText& text, const Tensor& tensor, const char* arena, bool with_gradient) {
  const std::string name = identifier(tensor.name);
  const std::string shape = fmt::format("{}", fmt::join(tensor.shape, ", "));
  text.slices +=
      fmt::format("constexpr Slice {}{{{}, {}}};  // [{}], {} bytes\n", name, text.elements,
                  tensor.elements(), shape, thousands(tensor.elements() * 4));
  const std::string place = fmt::format("tensor(\"{}\", {{{}}}, at::{},", tensor.name, shape, name);
  const std::string values =
      fmt::format("{}, {}{}),", to_text(tensor.centre), to_text(tensor.bound),
                  tensor.dirac ? ", Init::dirac" : "");
  const bool fits = place.size() + 1 + values.size() + 4 <= kColumns;
  text.table += place + (fits ? " " : "\n       ") + values + '\n';
  text.members += fmt::format("Real* const {0} = {1}.at<at::{0}>();\n", name, arena);
  if (with_gradient) {
    text.members += fmt::format("Real* const d_{0} = gradients_.at<at::{0}>();\n", name);
  }
  text.elements += tensor.elements();
  ++text.count;
}

std::string operation_name(const Plan& plan, int index) {
  const Operation& operation = plan.operations[static_cast<std::size_t>(index)];
  std::string action(to_string(operation.action));
  std::replace(action.begin(), action.end(), '_', ' ');
  return plan.graph.nodes[static_cast<std::size_t>(operation.node)].name + " " + action;
}

std::string buffer_members(const Plan& plan) {
  std::string text;
  for (const Buffer& buffer : plan.buffers) {
    const std::string from = operation_name(plan, buffer.first);
    const std::string to = operation_name(plan, buffer.last);
    text += fmt::format("// [{}], {} bytes, {}\n", buffer.shape, thousands(buffer.elements * 4),
                        buffer.first == buffer.last ? "only " + from : from + " to " + to);
    text += fmt::format("Real* const {} =\n    activations_.at<Slice{{{}, {}}}>();\n", buffer.name,
                        buffer.offset, buffer.elements);
  }
  return text;
}

/// The walk: every section of every operation's template, in the plan's order.
class Walk {
 public:
  Walk(const Plan& plan, const std::string& target, const Templates& templates)
      : plan_(plan), target_(target), templates_(templates) {}

  std::string shapes() const {
    std::string text;
    for (const Node& node : plan_.graph.nodes) text += render(node, "shapes", node_values(node));
    return text;
  }

  /// One assertion for each operation that has scratch memory.
  std::string scratch_asserts() const {
    std::string text;
    for (const Operation& operation : plan_.operations) {
      const bool scratch =
          std::ranges::count(operation.bindings, Role::scratch, &Binding::role) > 0;
      if (!scratch) continue;
      const Node& node = plan_.graph.nodes[static_cast<std::size_t>(operation.node)];
      text += render(node, fmt::format("{}_scratch", to_string(operation.action)),
                     values(node, operation));
    }
    return text;
  }

  /// Operations [begin, end), with a comment where a layer begins.
  std::string operations(int begin, int end) const {
    std::string text;
    std::string layer = "-";
    for (int i = begin; i < end; ++i) {
      const Operation& operation = plan_.operations[static_cast<std::size_t>(i)];
      const Node& node = plan_.graph.nodes[static_cast<std::size_t>(operation.node)];
      if (node.layer != layer) {
        layer = node.layer;
        text += (text.empty() ? "" : "\n") + heading(layer);
      }
      text += folded(render(node, to_string(operation.action), values(node, operation)), "    ");
    }
    return text;
  }

 private:
  std::string heading(const std::string& layer) const {
    return folded(fmt::format("// {}: {}\n", layer, describe(plan_.graph, layer)), "//   ");
  }

  std::string render(const Node& node, std::string_view section, const Values& values) const {
    const std::string_view file =
        section == "accumulate" ? "accumulate" : layer_type(node.op).name();
    return templates_.render(target_, file, section, values);
  }

  static Values node_values(const Node& node) {
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
    if (!node.buffers.empty()) values["running"] = identifier(node.buffers.front().name);
    return values;
  }

  Values values(const Node& node, const Operation& operation) const {
    Values values = node_values(node);
    values["scratch"] = kNone;
    values["scratch_elements"] = "0";
    for (const Binding& binding : operation.bindings) {
      const Buffer& buffer = plan_.buffers[static_cast<std::size_t>(binding.buffer)];
      values[std::string(to_string(binding.role))] = buffer.name;
      if (binding.role == Role::x || binding.role == Role::y) values["x_or_y"] = buffer.name;
      if (binding.role == Role::scratch) {
        values["scratch_elements"] = fmt::to_string(buffer.elements);
      }
    }
    values.try_emplace("saved", kNone);
    return values;
  }

  const Plan& plan_;
  const std::string& target_;
  const Templates& templates_;
};

/// A limit of the budget, as constants and an assertion.
struct BudgetAssert {
  std::string name;
  std::string value;  ///< an expression; empty where `name` is a constant already
  std::string limit_name;
  std::int64_t limit;
  const char* relation;
  const char* message;
};

std::string to_text(const BudgetAssert& row) {
  if (row.limit == 0) return "";
  std::string text;
  if (!row.value.empty())
    text += fmt::format("constexpr std::size_t {} ={};\n", row.name, row.value);
  text += fmt::format("constexpr std::size_t {} = {};\n", row.limit_name, row.limit);
  return text + fmt::format("static_assert({} {} {}, \"{}\");\n", row.name, row.relation,
                            row.limit_name, row.message);
}

std::string budget_asserts(const Budget& budget, const Plan& plan) {
  const int map = last_map(plan.graph);
  const int field =
      map == kNetworkInput ? 1 : plan.graph.nodes[static_cast<std::size_t>(map)].field.size;
  const BudgetAssert rows[] = {
      {"kParameters", "", "kParameterBudget", budget.parameters, "<=", "over the parameter budget"},
      {"kMacs", fmt::format(" {}", total(summarise(plan.graph)).macs), "kMacBudget", budget.macs,
       "<=", "over the budget of multiply-adds"},
      {"kTrainMemory",
       "\n    sizeof(float) * (2 * kParameters + kOptimizerState + kBuffers + kAverages + "
       "kActivations)",
       "kTrainMemoryBudget", budget.train_memory, "<=", "over the budget of bytes to train"},
      {"kInferenceMemory", "\n    sizeof(float) * (kParameters + kBuffers + kInferenceActivations)",
       "kInferenceMemoryBudget", budget.inference_memory,
       "<=", "over the budget of bytes to evaluate"},
      {"kReceptiveField", fmt::format(" {}", field), "kLeastReceptiveField", budget.receptive_field,
       ">=", "under the least receptive field"}};
  std::string text;
  if (budget.inference_memory > 0) {
    text +=
        fmt::format("constexpr std::size_t kInferenceActivations = {};\n", plan.inference_elements);
  }
  for (const BudgetAssert& row : rows) text += to_text(row);
  return text;
}

}  // namespace

std::string emit_program(const Spec& spec, const Plan& plan, const Origin& origin,
                         const std::string& target, const Templates& templates) {
  TensorText parameters;
  TensorText buffers;
  for (const Node& node : plan.graph.nodes) {
    for (const Tensor& tensor : node.parameters) append(parameters, tensor, "parameters_", true);
    for (const Tensor& tensor : node.buffers) append(buffers, tensor, "buffers_", false);
  }
  const Walk walk(plan, target, templates);
  const auto section = [&](std::string_view name) {
    return templates.render(target, "optimizer", name, {});
  };
  const auto optional_section = [&](bool wanted, std::string_view name) {
    return wanted ? section(name) : std::string();
  };
  const int last = static_cast<int>(plan.operations.size());
  Values values = recipe_values(spec, plan.graph);
  values.merge(Values{
      {"spec_path", origin.path},
      {"command", origin.command},
      {"spec_sha256", origin.sha256},
      {"table", comment(layer_table(plan.graph, kColumns - 3))},
      {"parameters", fmt::to_string(parameters.elements)},
      {"buffers", fmt::to_string(buffers.elements)},
      {"optimizer_state", fmt::format("{} * kParameters", state_tensors(spec.train.optimizer))},
      {"activations", fmt::to_string(plan.arena_elements)},
      {"budget", budget_asserts(spec.budget, plan)},
      {"slices", parameters.slices + buffers.slices},
      {"parameter_tensors", fmt::to_string(parameters.count)},
      {"parameter_table", parameters.table},
      {"buffer_tensors", fmt::to_string(buffers.count)},
      {"buffer_table", buffers.table},
      {"tensor_members", parameters.members + buffers.members},
      {"buffer_members", buffer_members(plan)},
      {"shapes", walk.shapes()},
      {"scratch_asserts", walk.scratch_asserts()},
      {"forward", walk.operations(0, plan.forward_operations)},
      {"backward", walk.operations(plan.forward_operations, last)},
      {"averages", spec.train.ema > 0 ? "kParameters + kBuffers" : "0"},
      {"clip_gradients", optional_section(spec.train.clip.kind != ClipKind::none,
                                          fmt::format("clip_{}", to_word(spec.train.clip.kind)))},
      {"update", section(to_word(spec.train.optimizer.kind))},
      {"average", optional_section(spec.train.ema > 0, "average")}});
  return templates.render(target, "program", "program", values);
}

}  // namespace castnet::codegen
