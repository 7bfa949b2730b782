// Optimizers with their penalties, and schedules of the learning rate: what their fields' tables do
// not say.
#pragma once

#include <string>
#include <vector>

#include "spec/reader.hpp"

namespace castnet::codegen {

/// What a penalty is on: words of ParameterKind and names of layers.
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::vector<std::string>& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::vector<RateSpec>& out);
Form form_of(Type<std::vector<std::string>>, const KeyFacts&);
Form form_of(Type<std::vector<RateSpec>>, const KeyFacts&);

/// Reports what does not hold between an optimizer's fields.
void check_optimizer(Reader& reader, const OptimizerSpec& optimizer);

/// Gives a schedule without a rate the optimizer's usual one, and reports what does not hold
/// between its fields.
void finish_schedule(Reader& reader, const TrainSpec& train, ScheduleSpec& schedule);

}  // namespace castnet::codegen
