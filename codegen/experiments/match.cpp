#include "experiments/match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/match_parameters.hpp"
#include "emit/table.hpp"

namespace castnet::codegen {
namespace {

std::int64_t parameters_of(const Contender& contender) {
  return costs_of(contender).parameters.value;
}

/// The spec with these widths, as a user could load it: by --set layers, and by --set overrides for
/// a width that an override gives. Other variants, whose layers may be others, are left as they are
/// or, where the spec itself changes, left out.
std::optional<Loaded> reload(Contender& contender, const Spec& wanted, const SpecOptions& options) {
  const std::string& variant = contender.loaded.spec.variant;
  const std::string where = variant.empty() ? "" : fmt::format("variants.{}.", variant);
  SpecOptions own = options;
  own.variant = variant;
  if (variant.empty()) own.sets.emplace_back("variants={}");
  own.sets.push_back(fmt::format("{}layers={}", where, layers_text(wanted)));
  const std::size_t before = own.sets.size();
  const std::string text = contender.loaded.text, file = contender.loaded.file;
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
  contender.sets = own.sets;
  return std::move(loaded->front());
}

bool match_one(Contender& contender, const ParameterRange& range, const SpecOptions& options) {
  const std::int64_t before = parameters_of(contender);
  const ParameterMatch match = match_parameters(contender.loaded.spec, range);
  if (!match.found) {
    fmt::print(
        stderr,
        "{}: error: found no widths that bring {} to {} to {} parameters; the nearest are {} with "
        "layers {}; give --match-parameters a larger tolerance\n",
        contender.loaded.file, contender.loaded.spec.name, thousands(range.least),
        thousands(range.most), thousands(match.parameters), layers_text(match.spec));
    return false;
  }
  if (match.spec == contender.loaded.spec) return true;
  auto loaded = reload(contender, match.spec, options);
  if (!loaded) return false;
  contender.loaded = std::move(*loaded);
  contender.matched_layers = layers_text(contender.loaded.spec);
  fmt::print(stderr, "castnet: {}: {} instead of {} parameters, with layers {}\n", contender.label,
             thousands(parameters_of(contender)), thousands(before), contender.matched_layers);
  return true;
}

}  // namespace

bool match_contenders(std::vector<Contender>& contenders, const SpecOptions& options,
                      double tolerance) {
  std::int64_t wanted = parameters_of(contenders.front());
  for (const Contender& contender : contenders) {
    const std::int64_t budget = contender.loaded.spec.budget.parameters;
    if (budget > 0) wanted = std::min(wanted, budget);
  }
  const double margin = tolerance / 100 * static_cast<double>(wanted);
  for (Contender& contender : contenders) {
    const auto most = static_cast<std::int64_t>(std::floor(static_cast<double>(wanted) + margin));
    const std::int64_t budget = contender.loaded.spec.budget.parameters;
    const ParameterRange range{
        static_cast<std::int64_t>(std::ceil(static_cast<double>(wanted) - margin)), wanted,
        budget > 0 ? std::min(most, budget) : most};
    if (!match_one(contender, range, options)) return false;
  }
  return true;
}

}  // namespace castnet::codegen
