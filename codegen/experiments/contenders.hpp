// The specs and variants of a comparison, and how they are to be trained.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/costs.hpp"
#include "programs/load.hpp"
#include "toolchain/cache.hpp"

namespace castnet::codegen {

/// In percent, for the epochs to get there.
inline constexpr double kTargetAccuracy = 70;

/// What a command line says of a comparison.
struct CompareOptions {
  SpecOptions specs;
  std::vector<std::string> variants;  ///< "base": the spec itself; none: all
  std::uint64_t seeds = 1;            ///< how many, from the spec's on
  std::optional<double> match;        ///< parameters, within so many percent
  unsigned jobs = 0;                  ///< trainings at a time; 0: as many as cores
  unsigned threads = 0;               ///< of each; 0: the cores shared out
  double target = kTargetAccuracy;    ///< accuracy in percent
  bool grad_cam = false;              ///< heat maps, too
  std::optional<std::string> data;
  std::optional<std::string> out;
};

/// One of the specs and variants that are compared.
struct Contender {
  std::string label;  ///< of its folder and in the table
  std::string title;  ///< of its runs' pictures; empty: the trainer's own
  Loaded loaded;
  std::vector<std::string> sets;  ///< over the spec: the command line's, and matched widths
  std::string matched_layers;     ///< its `layers` if --match-parameters changed them
};

/// All contenders, each with a name and a program of its own; or nothing, and errors were printed.
std::optional<std::vector<Contender>> find_contenders(const CompareOptions& options);

/// Prints an error for each limit of a budget that a contender breaks; true if there is none.
bool within_budgets(const std::vector<Contender>& contenders);

Costs costs_of(const Contender& contender);

/// Generates and compiles the contender's trainer, unless that was done before; null if the
/// compiler failed.
std::unique_ptr<const Program> build_trainer(const Contender& contender,
                                             const CompareOptions& options);

}  // namespace castnet::codegen
