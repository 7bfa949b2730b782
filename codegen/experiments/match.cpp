#include "experiments/match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/match_parameters.hpp"
#include "emit/table.hpp"

namespace castnet::codegen {
namespace {

std::int64_t parameters_of(const Variant& variant) { return costs_of(variant).parameters.value; }

/// The spec with these widths, loaded as a user could load it: by --set layers, and by --set
/// overrides for a width that an override gives. Other variants may have other layers. They stay
/// unchanged, or are left out if the spec itself changes.
std::optional<Loaded> reload(Variant& variant, const Spec& wanted, const SpecOptions& options) {
  const std::string& name = variant.loaded.spec.variant;
  const std::string where = name.empty() ? "" : fmt::format("variants.{}.", name);
  SpecOptions own = options;
  own.variant = name;
  if (name.empty()) own.sets.emplace_back("variants={}");
  own.sets.push_back(fmt::format("{}layers={}", where, layers_text(wanted)));
  const std::size_t before = own.sets.size();
  const std::string text = variant.loaded.text, file = variant.loaded.file;
  auto loaded = load_text(text, file, own);
  if (!loaded) return {};
  for (std::size_t i = 0; i < wanted.layers.size(); ++i) {
    const LayerSpec& layer = wanted.layers[i];
    if (loaded->front().spec.layers.at(i).out_channels == layer.out_channels) continue;
    own.sets.push_back(
        fmt::format("{}overrides.{}.channels={}", where, layer.name, layer.out_channels));
  }
  if (own.sets.size() > before) loaded = load_text(text, file, own);
  if (!loaded) return {};
  variant.sets = own.sets;
  return std::move(loaded->front());
}

bool match_one(Variant& variant, const ParameterRange& range, const SpecOptions& options) {
  const std::int64_t before = parameters_of(variant);
  const ParameterMatch match = match_parameters(variant.loaded.spec, range);
  if (!match.found) {
    fmt::print(
        stderr,
        "{}: error: found no widths that bring {} to {} to {} parameters; the nearest are {} with "
        "layers {}; give --match-parameters a larger tolerance\n",
        variant.loaded.file, variant.loaded.spec.name, thousands(range.least),
        thousands(range.most), thousands(match.parameters), layers_text(match.spec));
    return false;
  }
  if (match.spec == variant.loaded.spec) return true;
  auto loaded = reload(variant, match.spec, options);
  if (!loaded) return false;
  variant.loaded = std::move(*loaded);
  variant.matched_layers = layers_text(variant.loaded.spec);
  fmt::print(stderr, "castnet: {}: {} instead of {} parameters, with layers {}\n", variant.label,
             thousands(parameters_of(variant)), thousands(before), variant.matched_layers);
  return true;
}

}  // namespace

bool match_variants(std::vector<Variant>& variants, const SpecOptions& options, double tolerance) {
  std::int64_t wanted = parameters_of(variants.front());
  for (const Variant& variant : variants) {
    const std::int64_t budget = variant.loaded.spec.budget.parameters;
    if (budget > 0) wanted = std::min(wanted, budget);
  }
  const double margin = tolerance / 100 * static_cast<double>(wanted);
  for (Variant& variant : variants) {
    const auto most = static_cast<std::int64_t>(std::floor(static_cast<double>(wanted) + margin));
    const std::int64_t budget = variant.loaded.spec.budget.parameters;
    const ParameterRange range{
        static_cast<std::int64_t>(std::ceil(static_cast<double>(wanted) - margin)), wanted,
        budget > 0 ? std::min(most, budget) : most};
    if (!match_one(variant, range, options)) return false;
  }
  return true;
}

}  // namespace castnet::codegen
