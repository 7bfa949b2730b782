#include "emit/program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "analysis/summary.hpp"
#include "emit/lines.hpp"
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

/// Names and places of all parameters, or of all running statistics, in the order of their arena.
struct TensorText {
  std::string slices;
  std::string table;
  std::string members;
  std::int64_t elements = 0;
  int count = 0;
};

void append(TensorText& text, const Tensor& tensor, const char* arena) {
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
  text.elements += tensor.elements();
  ++text.count;
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
    text += fmt::format("constexpr std::size_t {} ={};\n", row.name, row.value);
  text += fmt::format("constexpr std::size_t {} = {};\n", row.limit_name, row.limit);
  return text + fmt::format("static_assert({} {} {}, \"{}\");\n", row.name, row.relation,
                            row.limit_name, row.message);
}

std::string budget_asserts(const Budget& budget, const Plans& plans) {
  const Plan& plan = plans.plan;
  const Plan& evaluation = evaluation_of(plans);
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
  if (budget.inference_memory > 0) {
    text += fmt::format(
        "constexpr std::size_t kInferenceActivations = {};\n"
        "constexpr std::size_t kInferenceWorkspaces = {};\n",
        arena_elements(evaluation), workspaces_elements(evaluation));
  }
  for (const BudgetAssert& row : rows) text += assertion(row);
  return text;
}

/// How the target spells pieces of a program, without the section's line break; nothing where it
/// has no such piece.
class TargetText {
 public:
  TargetText(const Plan& plan, const Target& target, const Templates& templates)
      : target_(target),
        templates_(templates),
        sizes_({{"block", fmt::to_string(plan.block)},
                {"block_elements", fmt::to_string(plan.block_elements)},
                {"shared_elements", fmt::to_string(plan.shared_elements)},
                {"workspace_elements", fmt::to_string(plan.workspace_elements)}}) {}

  std::string operator()(std::string_view name) const { return (*this)(name, sizes_); }

  std::string operator()(std::string_view name, const Values& values) const {
    std::string text = templates_.render_if_there(target_.name, {"spelling"}, name, values);
    if (!text.empty()) text.pop_back();
    return text;
  }

 private:
  const Target& target_;
  const Templates& templates_;
  Values sizes_;
};

Values tensor_values(const Plan& plan, const TargetText& spelled) {
  TensorText parameters;
  TensorText statistics;
  for (const Node& node : plan.graph.nodes) {
    for (const Tensor& tensor : node.parameters) {
      append(parameters, tensor, "parameters_");
      parameters.members += spelled("gradient", {{"tensor", identifier(tensor.name)}}) + '\n';
    }
    for (const Tensor& tensor : node.statistics) append(statistics, tensor, "statistics_");
  }
  return {{"parameters", fmt::to_string(parameters.elements)},
          {"statistics", fmt::to_string(statistics.elements)},
          {"slices", parameters.slices + statistics.slices},
          {"parameter_tensors", fmt::to_string(parameters.count)},
          {"parameter_table", parameters.table},
          {"statistics_tensors", fmt::to_string(statistics.count)},
          {"statistics_table", statistics.table},
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

std::string emit_program(const Spec& spec, const Plans& plans, const Origin& origin,
                         const Target& target, const Templates& templates) {
  const Plan& plan = plans.plan;
  const TargetText spelled(plan, target, templates);
  Values values = recipe_values(spec, plan.graph);
  values.merge(Values{
      {"target", std::string(target.name)},
      {"namespace", std::string(target.name_space)},
      {"spec_path", one_line(origin.path)},
      {"spec_path_literal", escaped(origin.path)},
      {"command", one_line(origin.command)},
      {"command_literal", escaped(origin.command)},
      {"spec_sha256", origin.sha256},
      {"table", commented(layer_table(plan.graph, kColumns - 3))},
      {"optimizer_state", fmt::format("{} * kParameters", state_tensors(spec.train.optimizer))},
      {"optimizer_scratch", fmt::format("{} * kParameters", scratch_tensors(spec.train.optimizer))},
      {"averages", spec.train.ema > 0 ? "kParameters + kStatistics" : "0"},
      {"activations", spelled("activations")},
      {"block_sizes", spelled("sizes")},
      {"gradient_shares", spelled("gradient_shares")},
      {"workspaces", spelled("workspaces")},
      {"budget", budget_asserts(spec.budget, plans)}});
  values.merge(tensor_values(plan, spelled));
  values.merge(update_values(spec.train, target, templates));
  values.merge(plan_values(plans, target, templates));
  values["network"] = templates.render(target.name, "spelling", "network", values);
  values["network"].pop_back();  // the section's line break
  for (const char* section : {"banner", "facts", "make"}) {
    values[section] = templates.render(kCommon, "program", section, values);
  }
  return templates.render(target.name, "program", "program", values);
}

}  // namespace castnet::codegen
