#include "spec/optimizer_settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <span>

#include "ir/optimizer_fields.hpp"
#include "spec/names.hpp"
#include "spec/tokens.hpp"

namespace castnet::codegen {
namespace {

/// Reports a word that names no parameter; `section` is its place.
void check_target(Reader& reader, const std::string& target, const Location& where,
                  std::string_view section) {
  if (!reader.layers) return;
  std::vector<std::string_view> known(kWords<ParameterKind>.begin(), kWords<ParameterKind>.end());
  for (const LayerSpec& layer : *reader.layers) {
    const bool bare = layer.kind == LayerKind::pool || layer.kind == LayerKind::global_pool;
    if (bare && !(layer.skip && layer.skip->projection)) {
      if (layer.name != target) continue;
      return reader.error(where, fmt::format("'{}' has no parameters", target));
    }
    known.push_back(layer.name);
  }
  if (std::find(known.begin(), known.end(), target) != known.end()) return;
  reader.error(where, fmt::format("unknown word {} in '{}'; {}", quote(target), section,
                                  suggest(target, known, "known")));
}

}  // namespace

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                std::vector<std::string>& out) {
  const bool list = value.kind == YamlKind::sequence;
  if (list && value.items.empty()) {
    reader.error(value.where,
                 fmt::format("'{}' is empty; leave it out for every parameter", facts.name));
  }
  std::vector<std::string> targets;
  for (const YamlValue& item : list ? std::span(value.items) : std::span(&value, 1)) {
    if (item.kind != YamlKind::scalar) {
      report_type(reader, item, facts, "a layer's name");
    } else if (std::find(targets.begin(), targets.end(), item.text) != targets.end()) {
      reader.error(item.where, fmt::format("a second {}", quote(item.text)));
    } else {
      check_target(reader, item.text, item.where, facts.name);
    }
    targets.push_back(item.text);
  }
  out = std::move(targets);
}

Form form_of(Type<std::vector<std::string>>, const KeyFacts&) {
  return either({text_form(), list_of(text_form(), 1)});
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                std::vector<RateSpec>& out) {
  if (!check_mapping(reader, value, facts.name)) return;
  std::vector<RateSpec> rates;
  for (const Entry& entry : value.entries) {
    check_target(reader, entry.key, entry.where, facts.name);
    KeyFacts factor = facts;
    factor.name = entry.key;
    RateSpec& rate = rates.emplace_back(RateSpec{entry.key, 1});
    read_value(reader, entry.value, factor, rate.factor);
  }
  out = std::move(rates);
}

Form form_of(Type<std::vector<RateSpec>>, const KeyFacts& facts) {
  Form form;
  const Form factor = form_of_kind(FormKind::number, facts.range);
  for (const std::string_view word : kWords<ParameterKind>) {
    form.properties.push_back({std::string(word), "factor of the learning rate", false, factor});
  }
  form.patterns.push_back(
      {"^([CcDPF][0-9]{1,4}|GAP)$", "factor of the layer's learning rate", false, factor});
  return form;
}

void check_optimizer(Reader& reader, const OptimizerSpec& optimizer) {
  const Location* const given =
      reader.given(fmt::format("train.optimizer.{}", to_word(optimizer.kind)));
  if (given && optimizer.nesterov && optimizer.momentum == 0) {
    reader.error(*given, "'nesterov' needs a 'momentum' above 0");
  }
}

void finish_schedule(Reader& reader, const TrainSpec& train, ScheduleSpec& schedule) {
  if (schedule.rate == 0) schedule.rate = usual_rate(train.optimizer.kind);
  const Location* const given = reader.given("train.schedule");
  const Location* const minimum = reader.given("train.schedule.cosine.minimum");
  if (given && minimum && schedule.minimum > schedule.rate) {
    reader.error(*minimum,
                 fmt::format("'minimum' {} is above the rate {}", schedule.minimum, schedule.rate));
  }
  const std::vector<int>& milestones = schedule.milestones;
  const bool rising = std::adjacent_find(milestones.begin(), milestones.end(),
                                         std::greater_equal<>()) == milestones.end();
  if (given && !milestones.empty() && (!rising || milestones.back() >= train.epochs)) {
    reader.error(*given,
                 fmt::format("'milestones' must rise and stay below the number of epochs, {}",
                             train.epochs));
  }
}

}  // namespace castnet::codegen
