#include "spec/optimizer_settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "spec/names.hpp"

namespace castnet::codegen {
namespace {

constexpr std::string_view kOptimizers[] = {"sgd", "adam", "adamw"};
constexpr std::string_view kSchedules[] = {"constant", "step", "multi_step", "cosine", "one_cycle"};
constexpr std::string_view kAnneals[] = {"linear", "cosine"};
constexpr std::string_view kPenalized[] = {"weights", "biases", "norms"};

const std::vector<Key<PenaltySettings>>& penalty_keys() {
  using P = PenaltySettings;
  static const std::vector<Key<P>> kKeys = {
      make_key<P, &P::factor>("factor", "of the penalty", from_to(0, 1)).needed("factor: 1e-4"),
      make_key<P, &P::on>("on", "weights, biases, norms, or names of layers; else everything")};
  return kKeys;
}

const std::vector<Key<OptimizerSettings>>& optimizer_keys(std::size_t kind) {
  using O = OptimizerSettings;
  static const auto decay = make_key<O, &O::given_weight_decay>(
      "weight_decay", "L2 penalty (AdamW: decoupled)", from_to(0, 1));
  static const auto l1 = make_key<O, &O::given_l1>("l1", "L1 penalty", from_to(0, 1));
  static const std::vector<Key<O>> kSgd = {
      make_key<O, &O::momentum>("momentum", "share of the last step", from_below(0, 1)),
      make_key<O, &O::nesterov>("nesterov", "looks ahead by the momentum"), decay, l1};
  static const std::vector<Key<O>> kAdam = {
      make_key<O, &O::beta1>("beta1", "decay of the mean gradient", from_below(0, 1)),
      make_key<O, &O::beta2>("beta2", "decay of the mean square", from_below(0, 1)),
      make_key<O, &O::epsilon>("eps", "added to the root", from_to(1e-12, 1)), decay, l1};
  return static_cast<OptimizerKind>(kind) == OptimizerKind::sgd ? kSgd : kAdam;
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

/// Reports what a penalty cannot be on.
void check_target(Reader& reader, const LayerName& target, const std::vector<LayerSpec>& layers) {
  std::vector<std::string_view> known(std::begin(kPenalized), std::end(kPenalized));
  for (const LayerSpec& layer : layers) {
    const bool bare = layer.kind == LayerKind::pool || layer.kind == LayerKind::global_pool;
    if (bare && !(layer.skip && layer.skip->projection)) {
      if (layer.name != target.name) continue;
      return reader.error(target.where, fmt::format("'{}' has no parameters", target.name));
    }
    known.push_back(layer.name);
  }
  if (std::find(known.begin(), known.end(), target.name) != known.end()) return;
  reader.error(target.where, fmt::format("unknown word {} in 'on'; {}", quote(target.name),
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
      check_target(reader, target, *layers);
    }
    penalty.on.push_back(target.name);
  }
  return penalty;
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

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, OptimizerSettings& out) {
  const auto choice = read_choice(reader, value, facts.name, kOptimizers);
  if (!choice) return;
  OptimizerSettings optimizer;
  optimizer.kind = static_cast<OptimizerKind>(choice->index);
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
  return optimizer;
}

ScheduleSpec finish_schedule(Reader& reader, const Maybe<ScheduleSettings>& given,
                             OptimizerKind optimizer, int epochs) {
  // SGD's and Adam's usual step sizes differ by two orders.
  const double usual = optimizer == OptimizerKind::sgd ? 0.1 : 0.001;
  ScheduleSettings settings = given ? given->value : ScheduleSettings{};
  if (!given) settings.kind = ScheduleKind::one_cycle;
  settings.rate = settings.given_rate ? settings.given_rate->value : usual;
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
      reader.error(given->where,
                   fmt::format("'milestones' must rise and stay below the {} epochs", epochs));
    }
  }
  return settings;
}

}  // namespace castnet::codegen
