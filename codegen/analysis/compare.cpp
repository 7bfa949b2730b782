#include "analysis/compare.hpp"

#include <algorithm>
#include <dtl/dtl.hpp>

#include "analysis/settings.hpp"
#include "analysis/summary.hpp"

namespace castnet::codegen {
namespace {

std::vector<std::string> names(const std::vector<LayerSummary>& layers) {
  std::vector<std::string> names;
  for (const LayerSummary& layer : layers) names.push_back(layer.name);
  return names;
}

std::vector<LayerChange> compare_layers(const std::vector<LayerSummary>& before,
                                        const std::vector<LayerSummary>& after) {
  dtl::Diff<std::string> difference(names(before), names(after));
  difference.compose();
  std::vector<LayerChange> changes;
  auto old_layer = before.begin();
  auto new_layer = after.begin();
  for (const auto& [name, step] : difference.getSes().getSequence()) {
    LayerChange& one = changes.emplace_back();
    if (step.type != dtl::SES_ADD) one.before = *old_layer++;
    if (step.type != dtl::SES_DELETE) one.after = *new_layer++;
    one.change = step.type == dtl::SES_ADD      ? Change::added
                 : step.type == dtl::SES_DELETE ? Change::removed
                 : one.before == one.after      ? Change::none
                                                : Change::changed;
  }
  return changes;
}

std::vector<SettingChange> compare_settings(const Spec& before, const Spec& after) {
  std::vector<SettingChange> changes;
  for (const auto& [key, value] : settings(before)) changes.push_back({key, value, ""});
  const auto find = [&](const std::string& key) {
    return std::ranges::find(changes, key, &SettingChange::key);
  };
  const auto news = settings(after);
  for (const auto& [key, value] : news) {
    if (const auto same = find(key); same != changes.end()) same->after = value;
  }
  // A layer of the second spec alone follows the layers before it there, and the removed ones.
  auto place = changes.begin();
  for (const auto& [key, value] : news) {
    const auto same = find(key);
    if (same != changes.end()) {
      place = same + 1;
      continue;
    }
    while (place != changes.end() && place->after.empty()) ++place;
    place = changes.insert(place, {key, "", value}) + 1;
  }
  std::erase_if(changes, [](const SettingChange& one) { return one.before == one.after; });
  return changes;
}

}  // namespace

Comparison compare(const Spec& before, const Plans& plans_before, const Spec& after,
                   const Plans& plans_after) {
  return {compare_layers(summarise(plans_before.plan.graph), summarise(plans_after.plan.graph)),
          costs(before, plans_before), costs(after, plans_after), compare_settings(before, after)};
}

}  // namespace castnet::codegen
