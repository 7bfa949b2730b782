// The `train` and `budget` sections.
#pragma once

#include "spec/reader.hpp"

namespace castnet::codegen {

/// What `train` may hold.
Form train_form();

/// Reads `train` (null: all defaults). `data` bounds batch and augmentation, `layers` are those
/// that penalties may name; null where they are unknown.
TrainSpec read_train(Reader& reader, const Value* train, const DataSetFacts* data,
                     const std::vector<LayerSpec>* layers);

void read_value(Reader&, const Value&, const KeyFacts&, Budget& out);
Form form_of(Type<Budget>, const KeyFacts&);

}  // namespace castnet::codegen
