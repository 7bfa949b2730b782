#include "analysis/update_rules.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "ir/words.hpp"

namespace castnet::codegen {
namespace {

bool is_depthwise(const Node& node) {
  const auto* conv = std::get_if<Conv>(&node.op);
  return conv && conv->depthwise;
}

/// Whether `on`, of a penalty or a rate, names a tensor of a node.
bool names(std::string_view on, const Node& node, const Tensor& tensor) {
  using enum ParameterKind;
  if (on == node.layer) return true;
  const std::optional<ParameterKind> kind = from_word<ParameterKind>(on);
  switch (tensor.kind) {
    case TensorKind::norm:
      return kind == norms;
    case TensorKind::bias:
      return kind == biases;
    case TensorKind::slope:
      return kind == slopes;
    case TensorKind::weight:
      return kind == weights || (kind == depthwise && is_depthwise(node));
  }
  return false;
}

double penalty_factor(const PenaltySpec& penalty, const Node& node, const Tensor& tensor) {
  const bool held = penalty.on.empty() || std::ranges::any_of(penalty.on, [&](const auto& on) {
                      return names(on, node, tensor);
                    });
  return held ? penalty.factor : 0;
}

double rate_factor(const std::vector<RateSpec>& rates, const Node& node, const Tensor& tensor) {
  double product = 1;
  for (const RateSpec& rate : rates) {
    if (names(rate.on, node, tensor)) product *= rate.factor;
  }
  return product;
}

/// The name of the last layer with weights.
std::string_view classifier(const Graph& graph) {
  std::string_view name;
  for (const Node& node : graph.nodes) {
    if (!node.parameters.empty()) name = node.layer;
  }
  return name;
}

bool alike(const UpdateRule& a, const UpdateRule& b) {
  return a.weight_decay == b.weight_decay && a.l1 == b.l1 && a.rate == b.rate &&
         a.matrix == b.matrix;
}

/// What parameters like this one are called.
std::string_view kind_name(const Node& node, const Tensor& tensor, bool matrix) {
  switch (tensor.kind) {
    case TensorKind::norm:
      return "norms";
    case TensorKind::bias:
      return "biases";
    case TensorKind::slope:
      return "slopes";
    case TensorKind::weight:
      return matrix ? "matrices" : is_depthwise(node) ? "depthwise" : "weights";
  }
  return "";
}

/// The kinds and the layers of the parameters that have a rule, in the order of their first uses.
struct Holders {
  std::vector<std::string_view> kinds;
  std::vector<std::string_view> layers;
};

void add(std::vector<std::string_view>& names, std::string_view name) {
  if (std::ranges::count(names, name) == 0) names.push_back(name);
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    text.append(text.empty() ? "" : "_and_").append(name);
  }
  return text;
}

/// Names each rule for the kinds of its parameters: where another rule has that name already, for
/// its layer, too, or with a number.
void name_rules(std::vector<UpdateRule>& rules, const std::vector<Holders>& holders) {
  if (rules.size() == 1) rules.front().name = "all";
  std::set<std::string> taken;
  for (std::size_t i = 0; i < rules.size() && rules.size() > 1; ++i) {
    std::string name = joined(holders[i].kinds);
    if (taken.contains(name) && holders[i].layers.size() == 1) {
      name.append("_of_").append(holders[i].layers.front());
    }
    rules[i].name = name;
    for (int number = 2; !taken.insert(rules[i].name).second; ++number) {
      rules[i].name = name + "_" + std::to_string(number);
    }
  }
}

}  // namespace

UpdateRules update_rules(const OptimizerSpec& optimizer, const Graph& graph) {
  UpdateRules result;
  std::vector<Holders> holders;
  const bool muon = optimizer.kind == OptimizerKind::muon;
  const std::string_view last = classifier(graph);
  for (const Node& node : graph.nodes) {
    for (const Tensor& tensor : node.parameters) {
      const UpdateRule rule{"", penalty_factor(optimizer.weight_decay, node, tensor),
                            penalty_factor(optimizer.l1, node, tensor),
                            rate_factor(optimizer.rates, node, tensor),
                            muon && tensor.is_matrix && node.layer != last};
      const auto found = std::ranges::find_if(
          result.rules, [&](const UpdateRule& other) { return alike(rule, other); });
      const auto index = static_cast<std::size_t>(found - result.rules.begin());
      if (found == result.rules.end()) {
        result.rules.push_back(rule);
        holders.emplace_back();
      }
      result.of.push_back(index);
      add(holders[index].kinds, kind_name(node, tensor, rule.matrix));
      add(holders[index].layers, node.layer);
    }
  }
  name_rules(result.rules, holders);
  return result;
}

}  // namespace castnet::codegen
