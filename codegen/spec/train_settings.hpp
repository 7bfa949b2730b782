// The `train` section.
#pragma once

#include "spec/reader.hpp"

namespace castnet::codegen {

/// What `train` may hold.
Form train_form();

/// Reads `train` (null: all defaults). `data` bounds batch and augmentation, `layers` are those
/// that penalties may name; null where they are unknown.
TrainSpec read_train(Reader& reader, const YamlValue* value, const DataSetFacts* data,
                     const std::vector<LayerSpec>* layers);

}  // namespace castnet::codegen
