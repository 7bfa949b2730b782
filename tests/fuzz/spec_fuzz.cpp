// Any bytes as a spec: they parse or are answered with errors, and what parses compiles or is
// answered with errors.
#include "spec_fuzz.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "passes/passes.hpp"
#include "spec/names.hpp"
#include "spec/parse.hpp"

namespace {

using namespace castnet::codegen;

constexpr std::size_t kMostSpecs = 4;    // variants repeat the same passes
constexpr std::size_t kMostLayers = 48;  // planning takes longer than linear time

void require(bool holds) {
  if (!holds) std::abort();
}

void check_message(const Diagnostic& error) {
  const std::string text = format(error);
  require(std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) < 127;
  }));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const ParseResult parsed = parse_spec(text, "spec.yaml");
  require(parsed.specs.empty() != parsed.errors.empty());
  for (const Diagnostic& error : parsed.errors) check_message(error);
  for (std::size_t i = 0; i < std::min(parsed.specs.size(), kMostSpecs); ++i) {
    const Spec& spec = parsed.specs[i];
    require(name_fault(spec.name.substr(0, kLongestName)).empty() || !spec.variant.empty());
    if (spec.layers.size() > kMostLayers) continue;
    const Compiled compiled = compile(spec);
    require(!compiled.errors.empty() || !compiled.plan.graph.nodes.empty());
    for (const Diagnostic& error : compiled.errors) check_message(error);
  }
  return 0;
}
