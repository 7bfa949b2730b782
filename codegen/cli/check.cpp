#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/load.hpp"
#include "emit/table.hpp"
#include "layers/summary.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kColumns = 120;

/// What a spec costs, in the units of its budget.
struct Costs {
  LayerSummary sum;
  std::int64_t train_bytes = 0;
  std::int64_t inference_bytes = 0;
};

Costs costs(const Loaded& loaded) {
  Costs costs;
  costs.sum = total(summarise(loaded.plan.graph));
  costs.train_bytes = loaded.plan.arena_elements * 4;
  costs.inference_bytes = inference_only(loaded.plan).arena_elements * 4;
  return costs;
}

/// One line of the verdict; false if over the limit.
bool within(const char* what, std::int64_t value, std::int64_t limit, bool quiet) {
  if (limit == 0) return true;
  const bool fine = value <= limit;
  if (!quiet) {
    fmt::print("budget: {} {} of {} ({} {})\n", thousands(value), what, thousands(limit),
               thousands(fine ? limit - value : value - limit), fine ? "left" : "too many");
  }
  return fine;
}

nlohmann::ordered_json to_json(const LayerSummary& layer) {
  return {{"name", layer.name},
          {"kind", layer.kind},
          {"output", {layer.out.channels, layer.out.height, layer.out.width}},
          {"receptive_field", layer.field.size},
          {"parameters", layer.parameters},
          {"norm_parameters", layer.norm_parameters},
          {"buffers", layer.buffers},
          {"macs", layer.macs},
          {"activation_bytes", layer.activation_bytes}};
}

nlohmann::ordered_json to_json(const Loaded& loaded, const Costs& costs, bool fine) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerSummary& layer : summarise(loaded.plan.graph)) layers.push_back(to_json(layer));
  return {{"name", loaded.spec.name},
          {"variant", loaded.spec.variant},
          {"spec", loaded.file},
          {"spec_sha256", loaded.sha256},
          {"batch", loaded.spec.train.batch},
          {"layers", layers},
          {"total", to_json(costs.sum)},
          {"train_memory", costs.train_bytes},
          {"inference_memory", costs.inference_bytes},
          {"budget",
           {{"parameters", loaded.spec.budget.parameters}, {"macs", loaded.spec.budget.macs}}},
          {"within_budget", fine}};
}

void print(const Loaded& loaded, const Costs& costs) {
  fmt::print("{}: {} from {}\n{}", loaded.spec.name, loaded.spec.data.name, loaded.file,
             layer_table(loaded.plan.graph, kColumns));
  fmt::print("memory: {} bytes of activations to train a batch of {}, {} to evaluate it\n",
             thousands(costs.train_bytes), loaded.spec.train.batch,
             thousands(costs.inference_bytes));
}

}  // namespace

int check(const Common& common, const CheckOptions& options) {
  const auto all = load(common);
  if (!all) return kBadInput;
  bool fine = true;
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Loaded& loaded : *all) {
    const Costs cost = costs(loaded);
    if (!options.json) print(loaded, cost);
    const Budget& budget = loaded.spec.budget;
    const bool parameters =
        within("parameters", cost.sum.parameters, budget.parameters, options.json);
    const bool macs = within("multiply-adds", cost.sum.macs, budget.macs, options.json);
    if (options.json) json.push_back(to_json(loaded, cost, parameters && macs));
    if (!parameters || !macs) {
      fine = false;
      fmt::print(stderr, "{}:{}:{}: error: {} is over its budget\n", loaded.file, budget.where.line,
                 budget.where.column, loaded.spec.name);
    }
    if (options.plan && !options.json) fmt::print("{}", to_text(loaded.plan));
    if (!options.json && &loaded != &all->back()) fmt::print("\n");
  }
  if (options.json) fmt::print("{}\n", json.dump(2));
  return fine ? kFine : kCheckFailed;
}

}  // namespace castnet::codegen
