#include "programs/budget.hpp"

#include <fmt/format.h>

#include <cmath>
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
    all.push_back({sentence(limit, budget, costs), margin(limit, budget, costs) >= 0,
                   !limit.at_least, limit.by_target});
  }
  return all;
}

bool within_budget(const Loaded& loaded, const std::vector<std::string>& targets) {
  bool fine = true;
  Location where = loaded.spec.budget.where;
  where.file = loaded.file;
  for (const std::string& target : targets) {
    const Costs cost = costs(loaded.spec, plans_for(target_named(target), loaded));
    for (const Verdict& verdict : verdicts(loaded.spec.budget, cost)) {
      // A limit that does not depend on the target is reported once.
      if (verdict.fine || (!verdict.by_target && target != targets.front())) continue;
      fine = false;
      const std::string message = fmt::format(
          "{} is {} its budget{}: {}", loaded.spec.name, verdict.over ? "over" : "under",
          verdict.by_target ? " on " + target : "", verdict.text);
      fmt::print(stderr, "{}\n", format(Diagnostic{where, message}));
    }
  }
  return fine;
}

}  // namespace castnet::codegen
