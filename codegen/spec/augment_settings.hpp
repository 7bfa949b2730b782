// The `augment` list: random changes of training images.
#pragma once

#include "spec/reader.hpp"

namespace castnet::codegen {

/// `[least, most]`.
struct Interval {
  double least = 0;
  double most = 1;
};

struct ResizedCropSettings {
  Interval area;
  Interval aspect;
  double probability = 1;
};

struct CropSettings {
  int padding = 0;
  Border border = Border::reflect;
};

struct FlipSettings {
  Flip kind = Flip::random;
};

/// The items of the list, each with its place.
struct AugmentSettings {
  Maybe<ShiftScaleRotateSpec> shift_scale_rotate;
  Maybe<RotationSpec> rotation;
  Maybe<ResizedCropSettings> resized_crop;
  Maybe<CropSettings> crop;
  Maybe<FlipSettings> flip;
  Maybe<ColourJitterSpec> colour_jitter;
  Maybe<CutoutSpec> cutout;
  Maybe<double> mixup;
};

void read_value(Reader&, const Value&, const KeyFacts&, AugmentSettings& out);
Form form_of(Type<AugmentSettings>, const KeyFacts&);

/// Checks the items against each other and against the images of `data` (null: not known).
AugmentSpec finish_augment(Reader& reader, const AugmentSettings& given, const DataSetFacts* data);

}  // namespace castnet::codegen
