#include "spec/augment_settings.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace castnet::codegen {
namespace {

/// Reports a size that does not fit into the images of `data`.
void check_fits(Reader& reader, const Location* where, std::string_view what, int size, int most,
                const DataSetFacts& data) {
  if (!where || size <= most) return;
  reader.error(*where, fmt::format("a {} of {} does not fit '{}', whose images are {}x{}", what,
                                   size, data.name, data.height, data.width));
}

void check_data(Reader& reader, const AugmentSpec& augment, const DataSetFacts& data) {
  const int side = std::min(data.height, data.width);
  if (const auto& crop = augment.crop) {
    check_fits(reader, reader.given("train.augment.crop"), "crop padding", crop->padding, side - 1,
               data);
  }
  if (const auto& cutout = augment.cutout) {
    check_fits(reader, reader.given("train.augment.cutout"), "cutout", cutout->size, side, data);
  }
  const Location* const where = reader.given("train.augment.colour_jitter");
  const auto& jitter = augment.colour_jitter;
  if (where && jitter && data.channels.count == 1 && (jitter->saturation > 0 || jitter->hue > 0)) {
    reader.error(*where,
                 fmt::format("'saturation' and 'hue' change colours, but the images of '{}' "
                             "are grey",
                             data.name));
  }
}

}  // namespace

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, Interval& out) {
  std::vector<double> ends;
  const std::size_t before = reader.errors.size();
  read_value(reader, value, facts, ends);
  if (reader.errors.size() > before) return;
  if (ends.size() != 2 || ends[0] > ends[1]) {
    reader.error(value.where,
                 fmt::format("'{}' must be two numbers, the least and the most, as in '[0.5, 1]'",
                             facts.name));
    return;
  }
  out = {ends[0], ends[1]};
}

Form form_of(Type<Interval>, const KeyFacts& facts) {
  return list_of(form_of(Type<double>{}, facts), 2, 2);
}

void check_augment(Reader& reader, const AugmentSpec& augment, const DataSetFacts* data) {
  if (data) check_data(reader, augment, *data);
  const Location* const rotation = reader.given("train.augment.rotation");
  if (rotation && augment.rotation && augment.shift_scale_rotate &&
      augment.rotation->border != augment.shift_scale_rotate->border) {
    reader.error(
        *rotation,
        "'rotation' and 'shift_scale_rotate' share one resampling; give both the same 'mode'");
  }
}

}  // namespace castnet::codegen
