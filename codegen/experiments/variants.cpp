#include "experiments/variants.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ir/words.hpp"

namespace castnet::codegen {

std::optional<std::vector<Loaded>> load_one(const std::string& file, const Common& common) {
  Common one = common;
  one.specs = {file};
  return load(one);
}

std::string base_name(const Spec& spec) { return base_name(spec.name, spec.variant); }

std::string base_name(const std::string& name, const std::string& variant) {
  const std::string end = variant.empty() ? "" : '_' + variant;
  return name.ends_with(end) ? name.substr(0, name.size() - end.size()) : name;
}

std::string_view norm_word(const Spec& spec) {
  const auto normed = std::ranges::find_if(
      spec.layers, [](const LayerSpec& layer) { return layer.norm.kind != NormKind::none; });
  return to_word(normed == spec.layers.end() ? NormKind::none : normed->norm.kind);
}

bool is_base(const Spec& spec, std::string_view name) {
  return name == "base" || name == norm_word(spec);
}

const Loaded* find_variant(const std::vector<Loaded>& all, std::string_view name) {
  const auto found =
      std::ranges::find_if(all, [&](const Loaded& one) { return one.spec.variant == name; });
  if (found != all.end()) return &*found;
  if (is_base(all.front().spec, name)) return &all.front();
  std::vector<std::string> known{"base"};
  for (const Loaded& one : all) {
    if (!one.spec.variant.empty()) known.push_back(one.spec.variant);
  }
  fmt::print(stderr, "{}: error: no variant '{}'; the spec has {}\n", all.front().file, name,
             fmt::join(known, ", "));
  return nullptr;
}

}  // namespace castnet::codegen
