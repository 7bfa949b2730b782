#include "programs/variants.hpp"

namespace castnet::codegen {

std::string base_name(const Spec& spec) { return base_name(spec.name, spec.variant); }

std::string base_name(const std::string& name, const std::string& variant) {
  const std::string end = variant.empty() ? "" : '_' + variant;
  return name.ends_with(end) ? name.substr(0, name.size() - end.size()) : name;
}

}  // namespace castnet::codegen
