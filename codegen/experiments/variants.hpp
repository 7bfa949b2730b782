// The specs and variants of a comparison, and the settings of their training.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/costs.hpp"
#include "programs/load.hpp"
#include "programs/trainer.hpp"
#include "toolchain/cache.hpp"

namespace castnet::codegen {

/// The default target accuracy in percent, for the column "epochs to".
inline constexpr double kTargetAccuracy = 70;

/// The options of a comparison.
struct CompareOptions {
  SpecOptions specs;
  std::vector<std::string> variants;  ///< "base" is the spec itself; empty: all
  std::uint64_t seeds = 1;            ///< number of seeds, counted from the spec's seed
  std::optional<double> match;      ///< tolerance in percent for matching the numbers of parameters
  unsigned jobs = 0;                ///< trainings at a time; 0: as many as cores, or one on a GPU
  unsigned threads = 0;             ///< threads of each training; 0: its share of the cores
  double target = kTargetAccuracy;  ///< accuracy in percent
  bool grad_cam = false;            ///< whether to draw heat maps
  std::optional<std::string> data;
  std::optional<std::string> out;
  BuildOptions build;
  Toolchain tools;  ///< made from `build`
};

/// One of the specs and variants of a comparison.
struct Variant {
  std::string label;  ///< its name in the folder and in the table
  std::string title;  ///< title of its runs' pictures; empty: the trainer's default
  Loaded loaded;
  std::vector<std::string> sets;  ///< values set over the spec, and matched widths
  std::string matched_layers;     ///< its `layers` if --match-parameters changed them
};

/// All variants, each with a name and a program of its own. Returns nothing after error messages.
std::optional<std::vector<Variant>> find_variants(const CompareOptions& options);

/// Prints an error for each budget limit that a variant breaks on a target. Returns true if there
/// is none.
bool within_budgets(const std::vector<Variant>& variants, const std::string& target);

Costs costs_of(const Variant& variant);

/// Generates and compiles the variant's trainer, unless this was done before. Returns null if the
/// compiler failed.
std::unique_ptr<const Program> build_trainer(const Variant& variant, const CompareOptions& options);

}  // namespace castnet::codegen
