// Specs: they parse or are answered with errors, and what parses compiles or is answered with
// errors.
#include <algorithm>
#include <string>
#include <vector>

#include "readers.hpp"
#include "spec/names.hpp"
#include "spec/parse.hpp"
#include "targets/target.hpp"

namespace castnet::fuzz {
namespace {

using namespace castnet::codegen;

constexpr std::size_t kMostSpecs = 4;    // variants repeat the same passes
constexpr std::size_t kMostLayers = 48;  // planning takes longer than linear time
constexpr std::size_t kMostSets = 8;

void check_message(const Diagnostic& error) {
  const std::string text = format(error);
  require(std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) < 127;
  }));
}

void check(const ParseResult& parsed) {
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
}

}  // namespace

void read_spec(std::string_view bytes) { check(parse_spec(std::string(bytes), "spec.yaml")); }

void read_set(std::string_view bytes) {
  static const std::string spec =
      "name: small\ndata: shapes\nlayers: C1:4 P1 C2:4 GAP c3:10\nnorm: batch\n"
      "train: {epochs: 1, augment: [flip]}\nvariants: {layer: {norm: layer}}\n";
  std::vector<std::string> sets;
  for (std::size_t begin = 0; begin <= bytes.size() && sets.size() < kMostSets;) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    sets.emplace_back(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
  check(parse_spec(spec, "spec.yaml", sets));
}

}  // namespace castnet::fuzz
