#include "analysis/costs.hpp"

#include <algorithm>
#include <array>

#include "analysis/summary.hpp"

namespace castnet::codegen {
namespace {

constexpr std::int64_t kBytes = 4;  // of a float32

/// Numbers by layer, in the order in which the layers were first added.
class Shares {
 public:
  void add(const std::string& layer, std::int64_t value) {
    const auto found = std::ranges::find(shares_, layer, &Share::layer);
    if (found != shares_.end()) {
      found->value += value;
    } else {
      shares_.push_back({layer, value});
    }
  }

  Cost of(std::int64_t value) const {
    if (shares_.empty()) return {value, "", 0};
    const auto most = std::ranges::max_element(shares_, {}, &Share::value);
    return {value, most->layer, most->value};
  }

 private:
  struct Share {
    std::string layer;
    std::int64_t value;
  };
  std::vector<Share> shares_;
};

bool alive(const Buffer& buffer, int operation) {
  return buffer.first <= operation && operation <= buffer.last;
}

/// Elements of the buffers that are alive during an operation.
std::int64_t alive_elements(const Plan& plan, int operation) {
  std::int64_t sum = 0;
  for (const Buffer& buffer : plan.buffers) sum += alive(buffer, operation) ? buffer.elements : 0;
  return sum;
}

/// Adds each layer's buffers at the operation at which the buffers of all layers take most.
void add_activations(const Plan& plan, Shares& shares) {
  int peak = 0;
  for (int i = 1; i < static_cast<int>(plan.operations.size()); ++i) {
    if (alive_elements(plan, i) > alive_elements(plan, peak)) peak = i;
  }
  for (const Buffer& buffer : plan.buffers) {
    if (!alive(buffer, peak)) continue;
    const bool images = buffer.node == kNetworkInput;
    shares.add(
        images ? "the images" : plan.graph.nodes[static_cast<std::size_t>(buffer.node)].layer,
        buffer.elements * kBytes);
  }
}

/// Adds the workspaces to the layer that needs the largest.
void add_workspaces(const Plan& plan, Shares& shares) {
  const auto largest = std::ranges::max_element(plan.operations, {}, &Operation::workspace);
  if (largest == plan.operations.end()) return;
  shares.add(plan.graph.nodes[static_cast<std::size_t>(largest->node)].layer,
             blocks(plan) * largest->workspace * kBytes);
}

/// The memory of `plan`, with the given number of values per parameter and per running statistic.
Cost memory(const Plan& plan, std::int64_t per_parameter, std::int64_t per_statistic) {
  std::int64_t sum = (arena_elements(plan) + workspaces_elements(plan)) * kBytes;
  Shares shares;
  for (const LayerSummary& layer : summarise(plan.graph)) {
    const std::int64_t bytes =
        kBytes * (layer.parameters * per_parameter + layer.statistics * per_statistic);
    shares.add(layer.name, bytes);
    sum += bytes;
  }
  add_activations(plan, shares);
  add_workspaces(plan, shares);
  return shares.of(sum);
}

Cost receptive_field(const Graph& graph) {
  const int last = last_map(graph);
  if (last == kNetworkInput) return {1, "the images", 1};
  const FieldSize field = network_field(graph);
  const int side = std::min(field.height, field.width);
  return {side, last_fused(graph.nodes[static_cast<std::size_t>(last)]).layer, side};
}

}  // namespace

Costs costs(const Spec& spec, const Plans& plans) {
  const Plan& plan = plans.plan;
  const Plan& evaluation = evaluation_of(plans);
  Shares parameters;
  Shares macs;
  const std::vector<LayerSummary> layers = summarise(plan.graph);
  for (const LayerSummary& layer : layers) {
    parameters.add(layer.name, layer.parameters);
    macs.add(layer.name, layer.macs);
  }
  const LayerSummary sum = total(layers);
  const int averages = spec.train.ema > 0 ? 1 : 0;
  Costs costs;
  costs.parameters = parameters.of(sum.parameters);
  costs.macs = macs.of(sum.macs);
  const OptimizerSpec& optimizer = spec.train.optimizer;
  // Values per parameter: the parameter, its gradient with each block's share of it, and the
  // optimizer's state.
  const int shares = plan.block > 0 ? blocks(plan) : 0;
  const int tensors = 2 + shares + state_tensors(optimizer) + scratch_tensors(optimizer) + averages;
  costs.train_memory = memory(plan, tensors, 1 + averages);
  costs.inference_memory = memory(evaluation, 1, 1);
  costs.receptive_field = receptive_field(plan.graph);
  costs.train_activations = arena_elements(plan) * kBytes;
  costs.inference_activations = arena_elements(evaluation) * kBytes;
  costs.train_workspace = plan.workspace_elements * kBytes;
  costs.inference_workspace = evaluation.workspace_elements * kBytes;
  return costs;
}

std::span<const Limit> limits() {
  static constexpr std::array<Limit, 5> kLimits{
      {{"parameters", &Budget::parameters, &Costs::parameters},
       {"multiply-adds", &Budget::macs, &Costs::macs},
       {"bytes to train", &Budget::train_memory, &Costs::train_memory, false, true},
       {"bytes to evaluate", &Budget::inference_memory, &Costs::inference_memory, false, true},
       {"pixels of receptive field", &Budget::receptive_field, &Costs::receptive_field, true}}};
  return kLimits;
}

std::int64_t margin(const Limit& limit, const Budget& budget, const Costs& costs) {
  const std::int64_t left = budget.*limit.limit - (costs.*limit.cost).value;
  return limit.at_least ? -left : left;
}

}  // namespace castnet::codegen
