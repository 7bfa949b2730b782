#include "cli/budget.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "emit/table.hpp"
#include "spec/parse.hpp"

namespace castnet::codegen {
namespace {

std::string sentence(const Limit& limit, const Budget& budget, const Costs& costs) {
  const Cost& cost = costs.*limit.cost;
  const std::int64_t left = margin(limit, budget, costs);
  if (limit.at_least) {
    return fmt::format("{} {} of at least {} ({} {}), in {}", thousands(cost.value), limit.unit,
                       thousands(budget.*limit.limit), thousands(std::abs(left)),
                       left >= 0 ? "more" : "too few", cost.layer);
  }
  return fmt::format("{} {} of {} ({} {}); most in {}: {}", thousands(cost.value), limit.unit,
                     thousands(budget.*limit.limit), thousands(std::abs(left)),
                     left >= 0 ? "left" : "too many", cost.layer, thousands(cost.of_layer));
}

}  // namespace

std::vector<Verdict> verdicts(const Budget& budget, const Costs& costs) {
  std::vector<Verdict> all;
  for (const Limit& limit : limits()) {
    if (budget.*limit.limit == 0) continue;
    all.push_back(
        {sentence(limit, budget, costs), margin(limit, budget, costs) >= 0, !limit.at_least});
  }
  return all;
}

bool within_budget(const Loaded& loaded, const Costs& costs) {
  bool fine = true;
  for (const Verdict& verdict : verdicts(loaded.spec.budget, costs)) {
    if (verdict.fine) continue;
    fine = false;
    Location where = loaded.spec.budget.where;
    where.file = loaded.file;
    fmt::print(
        stderr, "{}\n",
        format(Diagnostic{where, fmt::format("{} is {} its budget: {}", loaded.spec.name,
                                             verdict.over ? "over" : "under", verdict.text)}));
  }
  return fine;
}

}  // namespace castnet::codegen
