// Optimizers with their penalties, and learning rate schedules: rules beyond the tables of their
// fields.
#pragma once

#include <string>
#include <vector>

#include "spec/reader.hpp"

namespace castnet::codegen {

/// The parameters that a penalty applies to: words of ParameterKind and names of layers.
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::vector<std::string>& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::vector<RateSpec>& out);
Form form_of(Type<std::vector<std::string>>, const KeyFacts&);
Form form_of(Type<std::vector<RateSpec>>, const KeyFacts&);

/// Reports broken rules between an optimizer's fields.
void check_optimizer(Reader& reader, const OptimizerSpec& optimizer);

/// Gives a schedule without a rate the optimizer's usual one, and reports broken rules between its
/// fields.
void finish_schedule(Reader& reader, const TrainSpec& train, ScheduleSpec& schedule);

}  // namespace castnet::codegen
