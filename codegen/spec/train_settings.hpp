// The `train` and `budget` sections.
#pragma once

#include "spec/reader.hpp"

namespace castnet::codegen {

/// Reads `train` (null: all defaults). `data` bounds the crop and the batch; null where it is
/// unknown.
TrainSpec read_train(Reader& reader, const Value* train, const DataSetFacts* data);

void read_value(Reader&, const Value&, const KeyFacts&, Budget& out);

}  // namespace castnet::codegen
