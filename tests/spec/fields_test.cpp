// Enumerators and their words, and which fields of a record are in use.
#include "ir/fields.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>

#include "../catch.hpp"
#include "ir/data_fields.hpp"
#include "ir/layer_fields.hpp"
#include "ir/train_fields.hpp"
#include "spec/schema.hpp"

namespace {

using namespace castnet::codegen;

template <class Enum>
void check_words(Enum last) {
  REQUIRE(kWords<Enum>.size() == static_cast<std::size_t>(last) + 1);
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < kWords<Enum>.size(); ++i) {
    const auto value = static_cast<Enum>(i);
    INFO(to_word(value));
    CHECK(from_word<Enum>(to_word(value)) == value);
    CHECK(words.insert(to_word(value)).second);
  }
  CHECK_FALSE(from_word<Enum>("no_such_word"));
  CHECK_FALSE(from_word<Enum>(""));
}

}  // namespace

TEST_CASE("every enumerator has a word of its own, which reads back", "[spec]") {
  check_words(NormKind::channel);
  check_words(Affine::element);
  check_words(ActivationKind::prelu);
  check_words(DropoutKind::channel);
  check_words(PoolKind::average);
  check_words(SkipPlace::after_block);
  check_words(Init::dirac);
  check_words(ParameterKind::slopes);
  check_words(OptimizerKind::muon);
  check_words(ScheduleKind::one_cycle);
  check_words(Anneal::cosine);
  check_words(Border::reflect);
  check_words(Flip::alternating);
  check_words(ClipKind::value);
  check_words(StopMetric::train_accuracy);
  CHECK(to_word(ScheduleKind::multi_step) == "multi_step");
  CHECK(from_word<Border>("black") == Border::black);
}

TEST_CASE("a record uses the fields of its kind that do something", "[spec]") {
  const auto names = [](const auto& record) {
    std::string all;
    for_each_field<std::remove_cvref_t<decltype(record)>>([&](const auto& field) {
      if (used(record, field)) all += std::string(field.name) + ' ';
    });
    return all;
  };
  CHECK(names(usual<ScheduleSpec>(ScheduleKind::step)) == "rate factor every ");
  CHECK(names(usual<ScheduleSpec>(ScheduleKind::one_cycle)) ==
        "peak warmup start_factor final_factor anneal ");
  CHECK(names(usual<OptimizerSpec>(OptimizerKind::adamw)) == "beta1 beta2 eps weight_decay l1 ");
  CHECK(names(usual<NormSpec>(NormKind::none)).empty());
  CHECK(names(TrainSpec{}) == "epochs batch seed optimizer schedule ");
  CHECK(names(ClipSpec{ClipKind::value, 2}) == "value ");
  CHECK(names(ShiftScaleRotateSpec{.scale = 0.5}) == "scale probability mode ");
  CHECK(name_of(&OptimizerSpec::epsilon) == "eps");
}

TEST_CASE("the schema says of a field what its row says", "[spec][schema]") {
  using Json = nlohmann::json;
  const Json all = Json::parse(schema_text())["$defs"];
  const auto field = [&](const char* record, const char* name) {
    Json rule = all[record]["properties"][name];
    rule.erase("description");
    return rule;
  };
  CHECK(all["one_cycle"]["properties"]["warmup"] ==
        Json{{"description", "share of the steps before the peak"},
             {"type", "number"},
             {"minimum", 0},
             {"exclusiveMaximum", 1}});
  CHECK(field("one_cycle", "anneal") == Json{{"enum", {"linear", "cosine"}}});
  CHECK(field("step", "every") == Json{{"type", "integer"}, {"minimum", 1}, {"maximum", 100000}});
  CHECK(field("sgd", "nesterov") == Json{{"type", "boolean"}});
  CHECK_FALSE(all["step"]["properties"].contains("warmup"));
  CHECK(all["multi_step"]["required"] == Json{"milestones"});
  CHECK(field("multi_step", "milestones")["items"]["minimum"] == 1);
  CHECK(all["weight_decay"]["oneOf"][0] ==
        Json{{"type", "number"}, {"minimum", 0}, {"maximum", 1}});
  CHECK(all["weight_decay"]["oneOf"][1]["required"] == Json{"factor"});
  CHECK(field("resized_crop", "area")["items"] ==
        Json{{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}});
  CHECK(all["early_stopping"]["oneOf"][0] == Json{{"enum", {"none"}}});
  const Json items = all["train"]["properties"]["augment"]["items"]["oneOf"];
  CHECK(items[0]["enum"] == Json{"resized_crop", "flip"});
  CHECK(items[1]["properties"]["flip"]["enum"] == Json{"random", "alternating", nullptr});
}
