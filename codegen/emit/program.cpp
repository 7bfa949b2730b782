#include "emit/program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "analysis/summary.hpp"
#include "analysis/update_rules.hpp"
#include "emit/lines.hpp"
#include "emit/memory.hpp"
#include "emit/recipe.hpp"
#include "emit/table.hpp"
#include "emit/walk.hpp"
#include "ir/words.hpp"

namespace castnet::codegen {
namespace {

/// The text within a string literal.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < ' ';
    if (c == '"' || c == '\\') out += '\\';
    out += control ? fmt::format("\\{:03o}", static_cast<int>(c)) : std::string(1, c);
  }
  return out;
}

/// The rows of a table of tensors, and their members of the program.
struct TensorText {
  std::vector<std::string> rows;
  std::string members;
};

std::string initial(const Tensor& tensor) {
  if (tensor.bound == 0) return fmt::format("Initial::constant({})", to_text(tensor.centre));
  return fmt::format("Initial::{}({})", tensor.dirac ? "dirac" : "uniform", to_text(tensor.bound));
}

/// `rule`: what the optimizer's rule for it is called; empty for running statistics.
void append(TensorText& text, const Tensor& tensor, std::string_view arena, std::string_view table,
            const std::string& rule) {
  text.rows.push_back(fmt::format("tensor(\"{}\", {{{}}}, {}{}{})", tensor.name,
                                  fmt::join(tensor.shape, ", "), initial(tensor),
                                  rule.empty() ? "" : ", ", rule));
  text.members += folded(fmt::format("Real* const {} = {}.at<{}[\"{}\"]>();\n",
                                     identifier(tensor.name), arena, table, tensor.name),
                         "    ", 2);
}

/// The arguments of a call, one a line.
std::string arguments(const std::vector<std::string>& rows) {
  constexpr std::size_t kIndentation = 6;
  return folded(fmt::format("{}", fmt::join(rows, ",\n")), "    ", kIndentation);
}

/// What differs from an update by the schedule's rate alone.
std::string rule_text(const UpdateRule& rule) {
  std::vector<std::string> members;
  const auto add = [&](bool given, std::string_view name, const std::string& value) {
    if (given) members.push_back(fmt::format(".{} = {}", name, value));
  };
  add(rule.weight_decay != 0, "weight_decay", to_text(rule.weight_decay));
  add(rule.l1 != 0, "l1", to_text(rule.l1));
  add(rule.rate != 1, "rate", to_text(rule.rate));
  add(rule.matrix, "matrix", "true");
  return fmt::format("static constexpr UpdateRule {}{{{}}};\n", rule.name,
                     fmt::join(members, ", "));
}

/// A limit of the budget, as constants and an assertion.
struct BudgetAssert {
  std::string name;
  std::string value;  ///< an expression; empty where `name` is a constant already
  std::string limit_name;
  std::int64_t limit;
  const char* relation;
  const char* message;
};

std::string assertion(const BudgetAssert& row) {
  if (row.limit == 0) return "";
  std::string text;
  if (!row.value.empty())
    text += fmt::format("static constexpr std::size_t {} ={};\n", row.name, row.value);
  text += fmt::format("static constexpr std::size_t {} = {};\n", row.limit_name, row.limit);
  return text + fmt::format("static_assert({} {} {}, \"{}\");\n", row.name, row.relation,
                            row.limit_name, row.message);
}

std::string budget_asserts(const Budget& budget, const Plans& plans) {
  const Plan& plan = plans.plan;
  const FieldSize field = network_field(plan.graph);
  const BudgetAssert rows[] = {
      {"kParameters", "", "kParameterBudget", budget.parameters, "<=", "over the parameter budget"},
      {"kMacs", fmt::format(" {}", total(summarise(plan.graph)).macs), "kMacBudget", budget.macs,
       "<=", "over the budget of multiply-adds"},
      {"kTrainMemory", "", "kTrainMemoryBudget", budget.train_memory,
       "<=", "over the budget of bytes to train"},
      {"kInferenceMemory",
       "\n    sizeof(float) * (kParameters + kStatistics + kInferenceActivations + "
       "kInferenceWorkspaces)",
       "kInferenceMemoryBudget", budget.inference_memory,
       "<=", "over the budget of bytes to evaluate"},
      {"kReceptiveField", fmt::format(" {}", std::min(field.height, field.width)),
       "kLeastReceptiveField", budget.receptive_field, ">=", "under the least receptive field"}};
  std::string text;
  for (const BudgetAssert& row : rows) text += assertion(row);
  return text;
}

/// Of the memory map, where a budget limits what evaluation takes.
std::string inference_sizes(const Budget& budget, const Plan& evaluation) {
  if (budget.inference_memory == 0) return "";
  return fmt::format(
      "constexpr std::size_t kInferenceActivations = {};\n"
      "constexpr std::size_t kInferenceWorkspaces = {};\n",
      arena_elements(evaluation), workspaces_elements(evaluation));
}

/// How the target spells pieces of a program, without the section's line break; nothing where it
/// has no such piece.
class TargetText {
 public:
  TargetText(const Target& target, const Templates& templates)
      : target_(target), templates_(templates) {}

  std::string operator()(std::string_view name, const Values& values = {}) const {
    std::string text = templates_.render_if_there(target_.name, {"spelling"}, name, values);
    if (!text.empty()) text.pop_back();
    return text;
  }

 private:
  const Target& target_;
  const Templates& templates_;
};

Values tensor_values(const Plan& plan, const OptimizerSpec& optimizer, const TargetText& spelled) {
  const UpdateRules rules = update_rules(optimizer, plan.graph);
  TensorText parameters;
  TensorText statistics;
  for (const Node& node : plan.graph.nodes) {
    for (const Tensor& tensor : node.parameters) {
      const UpdateRule& rule = rules.rules[rules.of[parameters.rows.size()]];
      append(parameters, tensor, "parameters_", "kParameterTensors", rule.name);
      parameters.members += folded(
          spelled("gradient", {{"tensor", identifier(tensor.name)}, {"name", tensor.name}}) + '\n',
          "    ", 2);
    }
    for (const Tensor& tensor : node.statistics) {
      append(statistics, tensor, "statistics_", "kStatisticsTensors", "");
    }
  }
  std::string rule_list;
  for (const UpdateRule& rule : rules.rules) rule_list += rule_text(rule);
  return {{"update_rules", rule_list},
          {"parameter_tensors", arguments(parameters.rows)},
          {"statistics_tensors", arguments(statistics.rows)},
          {"tensor_members", parameters.members + statistics.members}};
}

/// The statements of `update`.
Values update_values(const TrainSpec& train, const Target& target, const Templates& templates) {
  const auto section = [&](bool wanted, std::string_view name) {
    return wanted ? templates.render(target.name, "optimizer", name, {}) : std::string();
  };
  const std::string kind(to_word(train.optimizer.kind));
  const std::string own =
      templates.render_if_there(target.name, {"optimizer"}, kind + "_headers", {});
  return {{"optimizer_headers", own + section(true, "headers")},
          {"clip_gradients", section(train.clip.kind != ClipKind::none,
                                     fmt::format("clip_{}", to_word(train.clip.kind)))},
          {"update", section(true, to_word(train.optimizer.kind))},
          {"average", section(train.ema > 0, "average")}};
}

}  // namespace

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

std::vector<SourceFile> emit_program(const Spec& spec, const Plans& plans, const Origin& origin,
                                     const Target& target, const Templates& templates) {
  const Plan& plan = plans.plan;
  const TargetText spelled(target, templates);
  Values values = recipe_values(spec);
  values.merge(Values{
      {"target", std::string(target.name)},
      {"namespace", std::string(target.name_space)},
      {"file", std::string(target.file)},
      {"memory_file", std::string(target.memory_file)},
      {"spec_path", one_line(origin.path)},
      {"spec_path_literal", escaped(origin.path)},
      {"command", one_line(origin.command)},
      {"command_literal", escaped(origin.command)},
      {"spec_sha256", origin.sha256},
      {"table", commented(layer_table(plan.graph, kColumns - 3))},
      {"optimizer_state", fmt::format("{} * kParameters", state_tensors(spec.train.optimizer))},
      {"optimizer_scratch", fmt::format("{} * kParameters", scratch_tensors(spec.train.optimizer))},
      {"averages", spec.train.ema > 0 ? "kParameters + kStatistics" : "0"},
      {"block", fmt::to_string(plan.block)},
      {"blocks", fmt::to_string(blocks(plan))},
      {"block_elements", fmt::to_string(plan.block_elements)},
      {"shared_elements", fmt::to_string(plan.shared_elements)},
      {"workspace_elements", fmt::to_string(plan.workspace_elements)},
      {"inference", inference_sizes(spec.budget, evaluation_of(plans))},
      {"gradient_shares", spelled("gradient_shares")},
      {"workspaces", spelled("workspaces")},
      {"budget", budget_asserts(spec.budget, plans)}});
  values.merge(tensor_values(plan, spec.train.optimizer, spelled));
  values.merge(update_values(spec.train, target, templates));
  values.merge(plan_values(plans, target, templates));
  values["network"] = templates.render(target.name, "spelling", "network", values);
  values["network"].pop_back();  // the section's line break
  for (const char* section : {"banner", "shapes", "facts", "make"}) {
    values[section] = templates.render(kCommon, "program", section, values);
  }
  return {{std::string(target.file), templates.render(target.name, "program", "program", values)},
          {std::string(target.memory_file), emit_memory(plans, target, templates, values)}};
}

}  // namespace castnet::codegen
