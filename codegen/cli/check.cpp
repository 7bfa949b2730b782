// castnet check: prints the layer table, memory and budget.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analysis/summary.hpp"
#include "castnet_shared/exit_status.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "emit/table.hpp"
#include "programs/budget.hpp"

namespace castnet::codegen {
namespace {

struct CheckOptions {
  SpecOptions specs;
  bool json = false;
  bool plan = false;
};

constexpr std::size_t kColumns = 120;

nlohmann::ordered_json to_json(const LayerSummary& layer) {
  return {{"name", layer.name},
          {"kind", layer.kind},
          {"output", {layer.out.channels, layer.out.height, layer.out.width}},
          {"receptive_field", {layer.field.height, layer.field.width}},
          {"parameters", layer.parameters},
          {"norm_parameters", layer.norm_parameters},
          {"running_statistics", layer.statistics},
          {"macs", layer.macs},
          {"activation_bytes", layer.activation_bytes}};
}

/// Each kind of cost, with its limit where the budget has one.
nlohmann::ordered_json to_json(const Budget& budget, const Costs& costs) {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const Limit& limit : limits()) {
    const Cost& cost = costs.*limit.cost;
    nlohmann::ordered_json one{
        {"value", cost.value}, {"most_in", cost.layer}, {"of_layer", cost.of_layer}};
    if (budget.*limit.limit > 0) {
      one["limit"] = budget.*limit.limit;
      one["at_least"] = limit.at_least;
      one["margin"] = margin(limit, budget, costs);
    }
    all[std::string(limit.key())] = one;
  }
  return all;
}

nlohmann::ordered_json to_json(const Loaded& loaded, const Costs& costs, bool fine) {
  const std::vector<LayerSummary> summaries = summarise(loaded.plans.plan.graph);
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerSummary& layer : summaries) layers.push_back(to_json(layer));
  return {{"name", loaded.spec.name},
          {"variant", loaded.spec.variant},
          {"spec", loaded.file},
          {"spec_sha256", loaded.sha256},
          {"batch", loaded.spec.train.batch},
          {"layers", layers},
          {"total", to_json(total(summaries))},
          {"train_activations", costs.train_activations},
          {"inference_activations", costs.inference_activations},
          {"most_threads", blocks(loaded.plans.plan)},
          {"train_workspace", costs.train_workspace},
          {"inference_workspace", costs.inference_workspace},
          {"costs", to_json(loaded.spec.budget, costs)},
          {"within_budget", fine}};
}

void print(const Loaded& loaded, const Costs& costs) {
  fmt::print("{}: {} from {}\n{}", loaded.spec.name, loaded.spec.data.name, loaded.file,
             layer_table(loaded.plans.plan.graph, kColumns));
  fmt::print(
      "memory: {} bytes to train a batch of {}, of which {} are activations\n"
      "        {} bytes to evaluate it, of which {} are activations\n",
      thousands(costs.train_memory.value), loaded.spec.train.batch,
      thousands(costs.train_activations), thousands(costs.inference_memory.value),
      thousands(costs.inference_activations));
  fmt::print(
      "workspace: {} of these bytes for a thread that trains, {} for one that evaluates; at most "
      "{} "
      "at work\n",
      thousands(costs.train_workspace), thousands(costs.inference_workspace),
      blocks(loaded.plans.plan));
  for (const Verdict& verdict : verdicts(loaded.spec.budget, costs)) {
    fmt::print("budget: {}\n", verdict.text);
  }
}

int check(const CheckOptions& options) {
  const auto all = load(options.specs);
  if (!all) return kBadInput;
  bool fine = true;
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Loaded& loaded : *all) {
    const Costs cost = costs(loaded.spec, loaded.plans);
    if (!options.json) print(loaded, cost);
    const bool within = within_budget(loaded, {"cpu"});
    fine = fine && within;
    if (options.json) json.push_back(to_json(loaded, cost, within));
    if (options.plan) {
      fmt::print("plan to train:\n{}plan to evaluate:\n{}", to_text(loaded.plans.plan),
                 to_text(evaluation_of(loaded.plans)));
    }
    if (!options.json && &loaded != &all->back()) fmt::print("\n");
  }
  if (options.json) fmt::print("{}\n", json.dump(2));
  return fine ? kFine : kCheckFailed;
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("check", "print the layer table, memory and budget");
  auto options = std::make_shared<CheckOptions>();
  add_specs(*command, options->specs, true);
  auto* json = command->add_flag("--json", options->json, "print JSON");
  command
      ->add_flag("--plan", options->plan,
                 "also print the plans of training and evaluation: every operation and buffer")
      ->excludes(json);
  command->callback([&chosen, options] { chosen = [options] { return check(*options); }; });
}

}  // namespace castnet::codegen
