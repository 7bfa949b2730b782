// castnet diff: prints the differences between two specs, or between variants of one.
#include <fmt/format.h>

#include <algorithm>

#include "castnet_shared/exit_status.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "programs/load.hpp"
#include "reports/differences.hpp"

namespace castnet::codegen {
namespace {

struct DiffOptions {
  SpecOptions specs;
  std::vector<std::string> variants;  ///< "base": the spec itself
  bool markdown = false;
};

/// One side of a comparison.
struct Side {
  std::string name;  ///< its name and origin
  Loaded loaded;
};

/// The variant of that name. Its side is named after its origin, too.
std::optional<Side> find_side(const std::vector<Loaded>& all, const std::string& name) {
  const Loaded* const found = find_variant(all, name);
  if (!found) return {};
  return Side{fmt::format("{} from {}", found->spec.name, found->file), *found};
}

/// The sides of two files: the spec itself or one variant of each.
std::optional<std::vector<Side>> two_files(const SpecOptions& specs,
                                           const std::vector<std::string>& variants) {
  std::vector<Side> sides;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto all = load_one(specs.files[i], specs);
    if (!all) return {};
    const std::string name = variants.empty() ? "" : variants[std::min(i, variants.size() - 1)];
    auto side = find_side(*all, name);
    if (!side) return {};
    sides.push_back(std::move(*side));
  }
  return sides;
}

/// The variants of one file; a single one is compared with the spec itself.
std::optional<std::vector<Side>> one_file(const SpecOptions& specs,
                                          std::vector<std::string> variants) {
  const auto all = load_one(specs.files.front(), specs);
  if (!all) return {};
  if (variants.size() == 1) variants.insert(variants.begin(), "");
  std::vector<Side> sides;
  for (const std::string& name : variants) {
    auto side = find_side(*all, name);
    if (!side) return {};
    sides.push_back(std::move(*side));
  }
  return sides;
}

/// The sides of one file, without and with --set.
std::optional<std::vector<Side>> without_and_with_sets(const SpecOptions& specs) {
  SpecOptions plain = specs;
  plain.sets.clear();
  const auto without = load_one(specs.files.front(), plain);
  if (!without) return {};
  auto side = find_side(*without, "");
  const auto with = load_text(side->loaded.text, side->loaded.file, specs);
  if (!with) return {};
  std::vector<Side> sides{*side, {side->name, with->front()}};
  for (const std::string& set : specs.sets) sides[1].name += " --set " + set;
  return sides;
}

int diff(const DiffOptions& options) {
  const SpecOptions& specs = options.specs;
  const bool two = specs.files.size() == 2;
  if ((two && options.variants.size() > 2) ||
      (!two && options.variants.empty() && specs.sets.empty())) {
    fmt::print(stderr, "castnet diff: give two specs, or one with --variants or --set{}\n",
               two ? "; with two specs, --variants takes at most one variant of each" : "");
    return kBadInput;
  }
  const auto sides = two                        ? two_files(specs, options.variants)
                     : options.variants.empty() ? without_and_with_sets(specs)
                                                : one_file(specs, options.variants);
  if (!sides) return kBadInput;
  const Side& first = sides->front();
  for (std::size_t i = 1; i < sides->size(); ++i) {
    const Side& other = (*sides)[i];
    const Comparison comparison =
        compare(first.loaded.spec, first.loaded.plans, other.loaded.spec, other.loaded.plans);
    const Compared names{first.name, other.name};
    fmt::print("{}{}", i > 1 ? "\n" : "",
               options.markdown ? to_markdown(comparison, names) : to_text(comparison, names));
  }
  return kFine;
}

}  // namespace

void add_diff(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "diff", "show the differences in settings and costs of two specs, or of variants of one");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("SPEC", options->specs.files, "one or two spec files (YAML)")
      ->required()
      ->expected(1, 2);
  add_list(*command, "--variants", options->variants,
           "variants: the first is compared with each other one; base is the "
           "spec itself")
      ->delimiter(',');
  command->add_flag("--markdown", options->markdown, "print Markdown tables, for a review");
  add_sets(*command, options->specs);
  command->callback([&chosen, options] { chosen = [options] { return diff(*options); }; });
}

}  // namespace castnet::codegen
