// Rules of augmentation beyond the tables of its fields.
#pragma once

#include "spec/reader.hpp"

namespace castnet::codegen {

/// `[least, most]`.
void read_value(Reader&, const YamlValue&, const KeyFacts&, Interval& out);
Form form_of(Type<Interval>, const KeyFacts&);

/// Checks the items against each other and against the images of `data` (null: not known).
void check_augment(Reader& reader, const AugmentSpec& augment, const DataSetFacts* data);

}  // namespace castnet::codegen
