// The `train` section.
#pragma once

#include "spec/reader.hpp"

namespace castnet::codegen {

/// The form of `train`.
Form train_form();

/// Reads `train` (null: all defaults). `data` limits batch and augmentation, and penalties may name
/// `layers`; null if they are unknown.
TrainSpec read_train(Reader& reader, const YamlValue* value, const DataSetFacts* data,
                     const std::vector<LayerSpec>* layers);

}  // namespace castnet::codegen
