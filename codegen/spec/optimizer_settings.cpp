#include "spec/optimizer_settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "spec/names.hpp"

namespace castnet::codegen {
namespace {

constexpr std::string_view kOptimizers[] = {"sgd", "adam", "adamw", "muon"};
constexpr std::string_view kSchedules[] = {"constant", "step", "multi_step", "cosine", "one_cycle"};
constexpr std::string_view kAnneals[] = {"linear", "cosine"};
constexpr std::string_view kParameterKinds[] = {"weights", "depthwise", "biases", "norms",
                                                "slopes"};

const std::vector<Key<PenaltySettings>>& penalty_keys() {
  using P = PenaltySettings;
  static const std::vector<Key<P>> kKeys = {
      make_key<P, &P::factor>("factor", "of the penalty", from_to(0, 1)).needed("factor: 1e-4"),
      make_key<P, &P::on>(
          "on", "weights, depthwise, biases, norms, slopes, or names of layers; else everything")};
  return kKeys;
}

const std::vector<Key<OptimizerSettings>>& optimizer_keys(std::size_t kind) {
  using O = OptimizerSettings;
  static const auto decay = make_key<O, &O::given_weight_decay>(
      "weight_decay", "L2 penalty (AdamW, Muon: decoupled)", from_to(0, 1));
  static const auto l1 = make_key<O, &O::given_l1>("l1", "L1 penalty", from_to(0, 1));
  static const auto rates = make_key<O, &O::given_rates>(
      "rates",
      "factors of the learning rate, for weights, depthwise, biases, norms, slopes or layers",
      from_to(0, 1000));
  static const std::vector<Key<O>> kSgd = {
      make_key<O, &O::momentum>("momentum", "share of the last step", from_below(0, 1)),
      make_key<O, &O::nesterov>("nesterov", "looks ahead by the momentum"), decay, l1, rates};
  static const std::vector<Key<O>> kAdam = {
      make_key<O, &O::beta1>("beta1", "decay of the mean gradient", from_below(0, 1)),
      make_key<O, &O::beta2>("beta2", "decay of the mean square", from_below(0, 1)),
      make_key<O, &O::epsilon>("eps", "added to the root", from_to(1e-12, 1)),
      decay,
      l1,
      rates};
  switch (static_cast<OptimizerKind>(kind)) {
    case OptimizerKind::sgd:
    case OptimizerKind::muon:
      return kSgd;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return kAdam;
  }
  return kSgd;
}

/// What an optimizer starts from before its keys are read.
OptimizerSettings usual(OptimizerKind kind) {
  OptimizerSettings optimizer;
  optimizer.kind = kind;
  if (kind == OptimizerKind::muon) {
    optimizer.momentum = 0.95;
    optimizer.nesterov = true;
  }
  return optimizer;
}

/// The learning rate of a schedule that gives none: step sizes differ by orders.
double usual_rate(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return 0.1;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return 0.001;
    case OptimizerKind::muon:
      return 0.02;
  }
  return 0.1;
}

const std::vector<Key<ScheduleSettings>>& schedule_keys(std::size_t kind) {
  using S = ScheduleSettings;
  constexpr Range kRate = above_to(0, 100);
  static const auto rate = make_key<S, &S::given_rate>("rate", "learning rate", kRate);
  static const auto factor = make_key<S, &S::factor>("factor", "of each drop", above_to(0, 1));
  static const std::vector<Key<S>> kConstant = {rate};
  static const std::vector<Key<S>> kStep = {
      rate, factor,
      make_key<S, &S::every>("every", "epochs between drops", from_to(1, kMostEpochs))};
  static const std::vector<Key<S>> kMulti = {
      rate, factor,
      make_key<S, &S::milestones>("milestones", "epochs at which it drops", from_to(1, kMostEpochs))
          .needed("milestones: [10, 15]")};
  static const std::vector<Key<S>> kCosine = {
      rate, make_key<S, &S::given_minimum>("minimum", "the last rate", from_to(0, 100))};
  static const std::vector<Key<S>> kOneCycle = {
      make_key<S, &S::given_rate>("peak", "highest rate", kRate),
      make_key<S, &S::warmup>("warmup", "share of the steps up to the peak", from_below(0, 1)),
      make_key<S, &S::start_factor>("start_factor", "first rate / peak", above_to(0, 1)),
      make_key<S, &S::final_factor>("final_factor", "last rate / peak", from_to(0, 1)),
      make_key<S, &S::anneal>("anneal", "form of both slopes", {}, kAnneals)};
  switch (static_cast<ScheduleKind>(kind)) {
    case ScheduleKind::constant:
      return kConstant;
    case ScheduleKind::step:
      return kStep;
    case ScheduleKind::multi_step:
      return kMulti;
    case ScheduleKind::cosine:
      return kCosine;
    case ScheduleKind::one_cycle:
      return kOneCycle;
  }
  return kConstant;
}

/// Reports what no parameter is named by; `section` is where it stands.
void check_target(Reader& reader, const LayerName& target, std::string_view section,
                  const std::vector<LayerSpec>& layers) {
  std::vector<std::string_view> known(std::begin(kParameterKinds), std::end(kParameterKinds));
  for (const LayerSpec& layer : layers) {
    const bool bare = layer.kind == LayerKind::pool || layer.kind == LayerKind::global_pool;
    if (bare && !(layer.skip && layer.skip->projection)) {
      if (layer.name != target.name) continue;
      return reader.error(target.where, fmt::format("'{}' has no parameters", target.name));
    }
    known.push_back(layer.name);
  }
  if (std::find(known.begin(), known.end(), target.name) != known.end()) return;
  reader.error(target.where, fmt::format("unknown word {} in '{}'; {}", quote(target.name), section,
                                         suggest(target.name, known, "known")));
}

PenaltySpec finish_penalty(Reader& reader, const PenaltySettings& given,
                           const std::vector<LayerSpec>* layers) {
  PenaltySpec penalty{.factor = given.factor, .on = {}};
  if (!given.on) return penalty;
  for (const LayerName& target : given.on->value.list) {
    if (std::find(penalty.on.begin(), penalty.on.end(), target.name) != penalty.on.end()) {
      reader.error(target.where, fmt::format("a second {}", quote(target.name)));
    } else if (layers) {
      check_target(reader, target, "on", *layers);
    }
    penalty.on.push_back(target.name);
  }
  return penalty;
}

std::vector<RateSpec> finish_rates(Reader& reader, const RateSettings& given,
                                   const std::vector<LayerSpec>* layers) {
  std::vector<RateSpec> rates;
  for (const auto& [target, factor] : given.list) {
    if (layers) check_target(reader, target, "rates", *layers);
    rates.push_back({target.name, factor});
  }
  return rates;
}

}  // namespace

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, PenaltyTargets& out) {
  PenaltyTargets targets;
  if (value.kind == ValueKind::sequence && value.items.empty()) {
    reader.error(value.where,
                 fmt::format("'{}' is empty; leave it out for every parameter", facts.name));
  }
  const Value* const first = value.kind == ValueKind::sequence ? value.items.data() : &value;
  const std::size_t count = value.kind == ValueKind::sequence ? value.items.size() : 1;
  for (const Value& item : std::span(first, count)) {
    read_value(reader, item, facts, targets.list.emplace_back());
  }
  out = std::move(targets);
}

Form form_of(Type<PenaltyTargets>, const KeyFacts&) {
  return either({text_form(), list_of(text_form(), 1)});
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, PenaltySettings& out) {
  PenaltySettings penalty;
  read_short(reader, value, facts, penalty_keys(), penalty);
  out = penalty;
}

Form form_of(Type<PenaltySettings>, const KeyFacts&) { return short_form(penalty_keys()); }

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, RateSettings& out) {
  if (!check_mapping(reader, value, facts.name)) return;
  RateSettings rates;
  for (const Entry& entry : value.entries) {
    KeyFacts factor = facts;
    factor.name = entry.key;
    rates.list.push_back({{entry.key, entry.where}, 1});
    read_value(reader, entry.value, factor, rates.list.back().second);
  }
  out = std::move(rates);
}

Form form_of(Type<RateSettings>, const KeyFacts& facts) {
  Form form;
  const Form factor = form_of_kind(FormKind::number, facts.range);
  for (const std::string_view word : kParameterKinds) {
    form.properties.push_back({std::string(word), "factor of the learning rate", false, factor});
  }
  form.patterns.push_back(
      {"^([CcDPF][0-9]{1,4}|GAP)$", "factor of the layer's learning rate", false, factor});
  return form;
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, OptimizerSettings& out) {
  const auto choice = read_choice(reader, value, facts.name, kOptimizers);
  if (!choice) return;
  OptimizerSettings optimizer = usual(static_cast<OptimizerKind>(choice->index));
  const std::size_t before = reader.errors.size();
  read_settings(reader, *choice, optimizer_keys(choice->index), optimizer);
  if (optimizer.nesterov && optimizer.momentum == 0 && reader.errors.size() == before) {
    reader.error(choice->settings->where, "'nesterov' needs a 'momentum' above 0");
  }
  out = std::move(optimizer);
}

Form form_of(Type<OptimizerSettings>, const KeyFacts&) {
  return choice_form(kOptimizers, optimizer_keys);
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, ScheduleSettings& out) {
  const auto choice = read_choice(reader, value, facts.name, kSchedules);
  if (!choice) return;
  ScheduleSettings schedule;
  schedule.kind = static_cast<ScheduleKind>(choice->index);
  read_settings(reader, *choice, schedule_keys(choice->index), schedule);
  out = std::move(schedule);
}

Form form_of(Type<ScheduleSettings>, const KeyFacts&) {
  return choice_form(kSchedules, schedule_keys);
}

OptimizerSpec finish_optimizer(Reader& reader, const OptimizerSettings& given,
                               const std::vector<LayerSpec>* layers) {
  OptimizerSpec optimizer = given;
  optimizer.weight_decay = finish_penalty(reader, given.given_weight_decay, layers);
  optimizer.l1 = finish_penalty(reader, given.given_l1, layers);
  optimizer.rates = finish_rates(reader, given.given_rates, layers);
  return optimizer;
}

ScheduleSpec finish_schedule(Reader& reader, const Maybe<ScheduleSettings>& given,
                             OptimizerKind optimizer, int epochs) {
  ScheduleSettings settings = given ? given->value : ScheduleSettings{};
  if (!given) settings.kind = ScheduleKind::one_cycle;
  settings.rate = settings.given_rate ? settings.given_rate->value : usual_rate(optimizer);
  if (settings.given_minimum) {
    settings.minimum = settings.given_minimum->value;
    if (settings.minimum > settings.rate) {
      reader.error(settings.given_minimum->where, fmt::format("'minimum' {} is above the rate {}",
                                                              settings.minimum, settings.rate));
    }
  }
  if (settings.kind == ScheduleKind::multi_step) {
    const bool rising = std::adjacent_find(settings.milestones.begin(), settings.milestones.end(),
                                           std::greater_equal<>()) == settings.milestones.end();
    if (!settings.milestones.empty() && (!rising || settings.milestones.back() >= epochs)) {
      reader.error(
          given->where,
          fmt::format("'milestones' must rise and stay below the number of epochs, {}", epochs));
    }
  }
  return settings;
}

}  // namespace castnet::codegen
