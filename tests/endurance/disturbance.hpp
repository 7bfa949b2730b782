// One case: a scenario, what disturbs it and where, and what came of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenario.hpp"

namespace castnet::endurance {

/// What disturbs; each has a number that says where or when.
struct Kind {
  enum class Means { fault, signal, power, disk };
  std::string_view name;
  Means means;
  std::string_view action = {};  ///< CASTNET_FAULT_DO of a fault
  int value = 0;        ///< errno of a fault that fails; a signal's number; Lost of a power cut
  bool always = false;  ///< all points from there on

  bool kills() const;
};

/// All kinds.
const std::vector<Kind>& kinds();

/// The kind of that name. Throws std::runtime_error.
const Kind& kind_named(std::string_view name);

struct Case {
  const Scenario* scenario;
  const Kind* kind;
  /// The point, from 1, of a fault; the calls, from 0, before a power cut; microseconds from the
  /// start to a signal; KiB that are left on the disk.
  long number;
};

/// "train:kill:17".
std::string to_text(const Case& one);

/// Whether this kind can be tried on the scenario here.
bool applies(const Kind& kind, const Scenario& scenario, bool own_disk);

/// The number of cases of this kind that differ: those of a fault or power cut, one for each point.
long points(const Kind& kind, const Scenario& scenario);

enum class Verdict { same, refused, left_over, other };

struct Outcome {
  Verdict verdict = Verdict::same;
  std::string what = {};  ///< of what was not as it must be
};

/// Runs it. Throws std::runtime_error where the harness itself fails.
Outcome try_case(const Places& places, const Case& one);

}  // namespace castnet::endurance
