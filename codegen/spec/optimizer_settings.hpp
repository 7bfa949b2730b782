// Optimizers with their penalties, and schedules of the learning rate.
#pragma once

#include "castnet_shared/limits.hpp"
#include "spec/layer_settings.hpp"
#include "spec/reader.hpp"

namespace castnet::codegen {

/// What a penalty is on: words and layer names, each with its place.
struct PenaltyTargets {
  std::vector<LayerName> list;
};

/// Factors of the learning rate, by words and layer names.
struct RateSettings {
  std::vector<std::pair<LayerName, double>> list;
};

struct PenaltySettings {
  double factor = 0;
  Maybe<PenaltyTargets> on;
};

/// An optimizer as given: what penalties and rates are on is checked once layers are known.
struct OptimizerSettings : OptimizerSpec {
  PenaltySettings given_weight_decay;
  PenaltySettings given_l1;
  RateSettings given_rates;
};

/// A schedule as given: without a rate the optimizer's usual one holds.
struct ScheduleSettings : ScheduleSpec {
  Maybe<double> given_rate;
  Maybe<double> given_minimum;
};

void read_value(Reader&, const Value&, const KeyFacts&, PenaltyTargets& out);
void read_value(Reader&, const Value&, const KeyFacts&, PenaltySettings& out);
void read_value(Reader&, const Value&, const KeyFacts&, RateSettings& out);
void read_value(Reader&, const Value&, const KeyFacts&, OptimizerSettings& out);
void read_value(Reader&, const Value&, const KeyFacts&, ScheduleSettings& out);
Form form_of(Type<PenaltyTargets>, const KeyFacts&);
Form form_of(Type<PenaltySettings>, const KeyFacts&);
Form form_of(Type<RateSettings>, const KeyFacts&);
Form form_of(Type<OptimizerSettings>, const KeyFacts&);
Form form_of(Type<ScheduleSettings>, const KeyFacts&);

/// The optimizer with its penalties and rates, whose layers must be among `layers`; null: they are
/// not known, and not checked.
OptimizerSpec finish_optimizer(Reader& reader, const OptimizerSettings& given,
                               const std::vector<LayerSpec>* layers);

/// The schedule with its rate, and what must hold between its keys.
ScheduleSpec finish_schedule(Reader& reader, const Maybe<ScheduleSettings>& given,
                             OptimizerKind optimizer, int epochs);

}  // namespace castnet::codegen
