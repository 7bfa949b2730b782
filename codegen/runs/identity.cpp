#include "runs/identity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "toolchain/shell_words.hpp"

namespace castnet::codegen {
namespace {

using nlohmann::json;

struct Fact {
  json::json_pointer place;
  const char* other;  ///< the name of a value that differs from the wanted one
  bool condition;     ///< whether it depends on neither the spec nor the seed
};

const std::array<Fact, 10>& facts() {
  static const std::array<Fact, 10> kFacts = {
      Fact{json::json_pointer("/spec/sha256"), "another spec", false},
      {json::json_pointer("/name"), "another name", false},
      {json::json_pointer("/variant"), "another variant", false},
      {json::json_pointer("/seed"), "another seed", false},
      {json::json_pointer("/data/sha256"), "other data", true},
      {json::json_pointer("/epochs"), "another number of epochs", true},
      {json::json_pointer("/target"), "another target", true},
      {json::json_pointer("/number_type"), "another number type", true},
      {json::json_pointer("/castnet/interface"), "another castnet", true},
      {json::json_pointer("/device/precision"), "another precision", true}};
  return kFacts;
}

json value_at(const json& from, const json::json_pointer& place) {
  return from.contains(place) ? from.at(place) : json();
}

}  // namespace

std::string what_differs(const json& run_json, const json& wanted) {
  std::vector<std::string> differences;
  for (const Fact& fact : facts()) {
    if (!wanted.contains(fact.place)) continue;
    if (value_at(run_json, fact.place) != wanted.at(fact.place))
      differences.emplace_back(fact.other);
  }
  return fmt::format("{}", fmt::join(differences, ", "));
}

std::vector<std::string> sets_of(const std::string& command) {
  const std::vector<std::string> words = shell_words(command);
  std::vector<std::string> sets;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i - 1] == "--set") sets.push_back(words[i]);
  }
  return sets;
}

std::string conditions_of(const json& run_json) {
  json all = json::array();
  for (const Fact& fact : facts()) {
    if (fact.condition) all.push_back(value_at(run_json, fact.place));
  }
  return all.dump();
}

}  // namespace castnet::codegen
