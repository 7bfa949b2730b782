// The `data` key: a known data set, or a folder of images.
#pragma once

#include "spec/reader.hpp"

namespace castnet::codegen {

/// `data: NAME`, or `data: {NAME: {its settings}}`.
void read_value(Reader&, const YamlValue&, const KeyFacts&, DataSetFacts& out);
Form form_of(Type<DataSetFacts>, const KeyFacts&);

}  // namespace castnet::codegen
