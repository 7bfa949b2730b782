#include <fmt/format.h>

#include <algorithm>

#include "experiments/variants.hpp"
#include "reports/differences.hpp"

namespace castnet::codegen {
namespace {

/// One side of a comparison.
struct Side {
  std::string name;  ///< and where it is from
  Loaded loaded;
};

/// The variant of that name, named for where it is from.
std::optional<Side> find_side(const std::vector<Loaded>& all, const std::string& name) {
  const Loaded* const found = find_variant(all, name);
  if (!found) return {};
  return Side{fmt::format("{} from {}", found->spec.name, found->file), *found};
}

/// Two files, or two ways to set values in one: the spec itself or one variant of each.
std::optional<std::vector<Side>> two_files(const Common& common,
                                           const std::vector<std::string>& variants) {
  std::vector<Side> sides;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto all = load_one(common.specs[i], common);
    if (!all) return {};
    const std::string name = variants.empty() ? "" : variants[std::min(i, variants.size() - 1)];
    auto side = find_side(*all, name);
    if (!side) return {};
    sides.push_back(std::move(*side));
  }
  return sides;
}

/// The variants of one file; a single one is compared with the spec itself.
std::optional<std::vector<Side>> one_file(const Common& common, std::vector<std::string> variants) {
  const auto all = load_one(common.specs.front(), common);
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

/// One file as it is, and with what --set makes of it.
std::optional<std::vector<Side>> without_and_with_sets(const Common& common) {
  Common plain = common;
  plain.sets.clear();
  const auto without = load_one(common.specs.front(), plain);
  if (!without) return {};
  auto side = find_side(*without, "");
  const auto with = load_text(side->loaded.text, side->loaded.file, common);
  if (!with) return {};
  std::vector<Side> sides{*side, {side->name, with->front()}};
  for (const std::string& set : common.sets) sides[1].name += " --set " + set;
  return sides;
}

}  // namespace

int diff(const Common& common, const DiffOptions& options) {
  const bool two = common.specs.size() == 2;
  if ((two && options.variants.size() > 2) ||
      (!two && options.variants.empty() && common.sets.empty())) {
    fmt::print(stderr, "castnet diff: give two specs, or one with --variants or --set{}\n",
               two ? "; of two specs at most a variant each can be compared" : "");
    return kBadInput;
  }
  const auto sides = two                        ? two_files(common, options.variants)
                     : options.variants.empty() ? without_and_with_sets(common)
                                                : one_file(common, options.variants);
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

}  // namespace castnet::codegen
