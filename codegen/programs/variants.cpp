#include "programs/variants.hpp"

#include <algorithm>

#include "ir/words.hpp"

namespace castnet::codegen {

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

}  // namespace castnet::codegen
