// The verdict on a budget, in words.
#pragma once

#include <string>
#include <vector>

#include "analysis/costs.hpp"
#include "programs/load.hpp"

namespace castnet::codegen {

/// A limit of a spec's budget and the spec's value, e.g. "49,562 parameters of 50,000 (438 left);
/// most in C9: 9,280".
struct Verdict {
  std::string text;
  bool fine = true;
  bool over = true;  ///< whether exceeding the limit breaks it
  bool by_target = false;
};

/// Returns one verdict for each limit of the budget.
std::vector<Verdict> verdicts(const Budget& budget, const Costs& costs);

/// Prints an error for each limit that the spec breaks on a target. Returns true if there is none.
bool within_budget(const Loaded& loaded, const std::vector<std::string>& targets);

}  // namespace castnet::codegen
