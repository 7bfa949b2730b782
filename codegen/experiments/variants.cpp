#include "experiments/variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "programs/budget.hpp"
#include "programs/trainer.hpp"
#include "programs/variants.hpp"

namespace castnet::codegen {
namespace {

/// The chosen variants of one file, or all.
bool add_file(const std::string& file, const CompareOptions& options,
              std::vector<Variant>& variants) {
  const auto all = load_one(file, options.specs);
  if (!all) return false;
  std::vector<std::string> chosen = options.variants;
  if (chosen.empty()) {
    for (const Loaded& one : *all) {
      chosen.push_back(one.spec.variant.empty() ? kBase : one.spec.variant);
    }
  }
  for (const std::string& name : chosen) {
    const Loaded* const found = find_variant(*all, name);
    if (!found) return false;
    const bool alone = options.specs.files.size() == 1;
    variants.push_back({.label = alone ? name : found->spec.name,
                        .title = alone ? fmt::format("{} ({})", base_name(found->spec), name) : "",
                        .loaded = *found,
                        .sets = options.specs.sets,
                        .matched_layers = ""});
  }
  return true;
}

}  // namespace

std::optional<std::vector<Variant>> find_variants(const CompareOptions& options) {
  std::vector<Variant> variants;
  for (const std::string& file : options.specs.files) {
    if (!add_file(file, options, variants)) return {};
  }
  std::set<std::string> names;
  for (const Variant& variant : variants) {
    if (names.insert(variant.loaded.spec.name).second) continue;
    fmt::print(stderr, "castnet compare: error: '{}' is given twice\n", variant.loaded.spec.name);
    return {};
  }
  return variants;
}

bool within_budgets(const std::vector<Variant>& variants, const std::string& target) {
  bool fine = true;
  for (const Variant& variant : variants) {
    fine = within_budget(variant.loaded, {target}) && fine;
  }
  return fine;
}

Costs costs_of(const Variant& variant) { return costs(variant.loaded.spec, variant.loaded.plans); }

std::unique_ptr<const Program> build_trainer(const Variant& variant,
                                             const CompareOptions& options) {
  SpecOptions own = options.specs;
  own.sets = variant.sets;
  return build_trainer(variant.loaded, own, target_named(options.build.target), options.tools);
}

}  // namespace castnet::codegen
