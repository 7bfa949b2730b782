// The specs and variants of a comparison, and how they are to be trained.
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

/// In percent, for the epochs to get there.
inline constexpr double kTargetAccuracy = 70;

/// What a command line says of a comparison.
struct CompareOptions {
  SpecOptions specs;
  std::vector<std::string> variants;  ///< "base": the spec itself; none: all
  std::uint64_t seeds = 1;            ///< how many, from the spec's on
  std::optional<double> match;        ///< parameters, within so many percent
  unsigned jobs = 0;                  ///< trainings at a time; 0: as many as cores, or one on a GPU
  unsigned threads = 0;               ///< of each; 0: the cores shared out
  double target = kTargetAccuracy;    ///< accuracy in percent
  bool grad_cam = false;              ///< heat maps, too
  std::optional<std::string> data;
  std::optional<std::string> out;
  BuildOptions build;
  Toolchain tools;  ///< made of `build`
};

/// One of the specs and variants that are compared.
struct Variant {
  std::string label;  ///< of its folder and in the table
  std::string title;  ///< of its runs' pictures; empty: the trainer's own
  Loaded loaded;
  std::vector<std::string> sets;  ///< over the spec: the command line's, and matched widths
  std::string matched_layers;     ///< its `layers` if --match-parameters changed them
};

/// All variants, each with a name and a program of its own; or nothing, and errors were printed.
std::optional<std::vector<Variant>> find_variants(const CompareOptions& options);

/// Prints an error for each limit of a budget that a variant breaks on a target; true if there is
/// none.
bool within_budgets(const std::vector<Variant>& variants, const std::string& target);

Costs costs_of(const Variant& variant);

/// Generates and compiles the variant's trainer, unless that was done before; null if the
/// compiler failed.
std::unique_ptr<const Program> build_trainer(const Variant& variant, const CompareOptions& options);

}  // namespace castnet::codegen
