#include "spec/augment_settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace castnet::codegen {

void read_value(Reader&, const Value&, const KeyFacts&, Interval& out);
void read_value(Reader&, const Value&, const KeyFacts&, ShiftScaleRotateSpec& out);
void read_value(Reader&, const Value&, const KeyFacts&, RotationSpec& out);
void read_value(Reader&, const Value&, const KeyFacts&, ResizedCropSettings& out);
void read_value(Reader&, const Value&, const KeyFacts&, CropSettings& out);
void read_value(Reader&, const Value&, const KeyFacts&, FlipSettings& out);
void read_value(Reader&, const Value&, const KeyFacts&, ColourJitterSpec& out);
void read_value(Reader&, const Value&, const KeyFacts&, CutoutSpec& out);
Form form_of(Type<Interval>, const KeyFacts&);
Form form_of(Type<ShiftScaleRotateSpec>, const KeyFacts&);
Form form_of(Type<RotationSpec>, const KeyFacts&);
Form form_of(Type<ResizedCropSettings>, const KeyFacts&);
Form form_of(Type<CropSettings>, const KeyFacts&);
Form form_of(Type<FlipSettings>, const KeyFacts&);
Form form_of(Type<ColourJitterSpec>, const KeyFacts&);
Form form_of(Type<CutoutSpec>, const KeyFacts&);

namespace {

constexpr std::string_view kBorders[] = {"zero", "black", "reflect"};
constexpr std::string_view kFlips[] = {"none", "random", "alternating"};
constexpr Range kDegrees = from_to(0, 180);

template <class Owner>
Key<Owner> probability_key() {
  return make_key<Owner, &Owner::probability>("probability", "that an image is changed",
                                              above_to(0, 1));
}

template <class Owner>
Key<Owner> mode_key() {
  return make_key<Owner, &Owner::border>("mode", "what lies outside of the image", {}, kBorders);
}

const std::vector<Key<ShiftScaleRotateSpec>>& shift_scale_rotate_keys() {
  using S = ShiftScaleRotateSpec;
  static const std::vector<Key<S>> kKeys = {
      make_key<S, &S::shift>("shift", "at most, as a share of each side", from_to(0, 0.5)),
      make_key<S, &S::scale>("scale", "largest change of size", from_below(0, 1)),
      make_key<S, &S::degrees>("degrees", "turned at most, either way", kDegrees),
      probability_key<S>(), mode_key<S>()};
  return kKeys;
}

const std::vector<Key<RotationSpec>>& rotation_keys() {
  using R = RotationSpec;
  static const std::vector<Key<R>> kKeys = {
      make_key<R, &R::degrees>("degrees", "turned at most, either way", above_to(0, 180))
          .needed("degrees: 15"),
      probability_key<R>(), mode_key<R>()};
  return kKeys;
}

const std::vector<Key<ResizedCropSettings>>& resized_crop_keys() {
  using R = ResizedCropSettings;
  static const std::vector<Key<R>> kKeys = {
      make_key<R, &R::area>("area", "least and most share of the image", above_to(0, 1)),
      make_key<R, &R::aspect>("aspect", "least and most width / height", from_to(0.01, 100)),
      probability_key<R>()};
  return kKeys;
}

const std::vector<Key<CropSettings>>& crop_keys() {
  using C = CropSettings;
  static const std::vector<Key<C>> kKeys = {
      make_key<C, &C::padding>("padding", "pixels on each side", from_to(1, 64))
          .needed("padding: 4"),
      mode_key<C>()};
  return kKeys;
}

const std::vector<Key<ColourJitterSpec>>& colour_jitter_keys() {
  using J = ColourJitterSpec;
  static const std::vector<Key<J>> kKeys = {
      make_key<J, &J::brightness>("brightness", "largest relative change", from_to(0, 1)),
      make_key<J, &J::contrast>("contrast", "largest relative change", from_to(0, 1)),
      make_key<J, &J::saturation>("saturation", "largest relative change", from_to(0, 1)),
      make_key<J, &J::hue>("hue", "largest change, in turns", from_to(0, 0.5)),
      probability_key<J>()};
  return kKeys;
}

const std::vector<Key<CutoutSpec>>& cutout_keys() {
  using C = CutoutSpec;
  static const std::vector<Key<C>> kKeys = {
      make_key<C, &C::size>("size", "side of the square in pixels", from_to(1, 1024))
          .needed("size: 8"),
      probability_key<C>()};
  return kKeys;
}

/// The items, in the order in which they are applied.
const std::vector<Key<AugmentSettings>>& augment_keys() {
  using A = AugmentSettings;
  static const std::vector<Key<A>> kKeys = {
      make_key<A, &A::shift_scale_rotate>("shift_scale_rotate", "shifts, scales and turns"),
      make_key<A, &A::rotation>("rotation", "turns"),
      make_key<A, &A::resized_crop>("resized_crop", "enlarges a part of the image"),
      make_key<A, &A::crop>("crop", "pads, and crops to the image's size"),
      make_key<A, &A::flip>("flip", "mirrors left and right"),
      make_key<A, &A::colour_jitter>("colour_jitter", "changes the colours"),
      make_key<A, &A::cutout>("cutout", "covers a square"),
      make_key<A, &A::mixup>("mixup", "mixes two images; alpha of the Beta distribution",
                             above_to(0, 1000))};
  return kKeys;
}

const std::vector<std::string_view>& augment_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const auto& key : augment_keys()) names.push_back(key.name);
    return names;
  }();
  return kNames;
}

/// Reads a mapping of settings that all default to doing nothing.
template <class Owner, class Idle>
void read_effective(Reader& reader, const Value& value, const KeyFacts& facts,
                    const std::vector<Key<Owner>>& keys, Idle idle, std::string_view effective,
                    Owner& out) {
  const std::size_t before = reader.errors.size();
  Owner settings;
  read_mapping(reader, value, facts.name, keys, settings);
  if (reader.errors.size() == before && idle(settings)) {
    reader.error(value.where, fmt::format("'{}' does nothing; give it {}", facts.name, effective));
  }
  out = settings;
}

template <class Owner>
Form effective_form(const std::vector<Key<Owner>>& keys) {
  Form form = mapping_form(keys);
  form.least = 1;
  return form;
}

/// Reports a size that images of `data` do not have room for.
void check_fits(Reader& reader, const Location& where, std::string_view what, int size, int most,
                const DataSetFacts& data) {
  if (size <= most) return;
  reader.error(where, fmt::format("a {} of {} does not fit '{}', whose images are {}x{}", what,
                                  size, data.name, data.image.height, data.image.width));
}

void check_data(Reader& reader, const AugmentSettings& given, const DataSetFacts& data) {
  const int side = std::min(data.image.height, data.image.width);
  if (const auto& crop = given.crop) {
    check_fits(reader, crop->where, "crop padding", crop->value.padding, side - 1, data);
  }
  if (const auto& cutout = given.cutout) {
    check_fits(reader, cutout->where, "cutout", cutout->value.size, side, data);
  }
  const auto& jitter = given.colour_jitter;
  if (jitter && data.image.channels == 1 &&
      (jitter->value.saturation > 0 || jitter->value.hue > 0)) {
    reader.error(jitter->where, fmt::format("'saturation' and 'hue' change colours, and the images "
                                            "of '{}' are grey",
                                            data.name));
  }
}

}  // namespace

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, Interval& out) {
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

void read_value(Reader& reader, const Value& value, const KeyFacts& facts,
                ShiftScaleRotateSpec& out) {
  const auto idle = [](const ShiftScaleRotateSpec& s) {
    return s.shift == 0 && s.scale == 0 && s.degrees == 0;
  };
  read_effective(reader, value, facts, shift_scale_rotate_keys(), idle,
                 "'shift', 'scale' or 'degrees'", out);
}

Form form_of(Type<ShiftScaleRotateSpec>, const KeyFacts&) {
  return effective_form(shift_scale_rotate_keys());
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, RotationSpec& out) {
  read_short(reader, value, facts, rotation_keys(), out);
}

Form form_of(Type<RotationSpec>, const KeyFacts&) { return short_form(rotation_keys()); }

void read_value(Reader& reader, const Value& value, const KeyFacts& facts,
                ResizedCropSettings& out) {
  const ResizedCropSpec usual;
  out.area = {usual.least_area, usual.most_area};
  out.aspect = {usual.least_aspect, usual.most_aspect};
  read_mapping(reader, value, facts.name, resized_crop_keys(), out);
}

Form form_of(Type<ResizedCropSettings>, const KeyFacts&) {
  return mapping_form(resized_crop_keys());
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, CropSettings& out) {
  read_short(reader, value, facts, crop_keys(), out);
}

Form form_of(Type<CropSettings>, const KeyFacts&) { return short_form(crop_keys()); }

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, FlipSettings& out) {
  if (value.kind == ValueKind::null) return;
  const auto word = read_word(reader, value, facts.name, Words(kFlips).subspan(1));
  if (word) out.kind = static_cast<Flip>(*word + 1);
}

Form form_of(Type<FlipSettings>, const KeyFacts&) {
  Form form = word_form(Words(kFlips).subspan(1));
  form.optional = true;
  return form;
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, ColourJitterSpec& out) {
  const auto idle = [](const ColourJitterSpec& j) {
    return j.brightness == 0 && j.contrast == 0 && j.saturation == 0 && j.hue == 0;
  };
  read_effective(reader, value, facts, colour_jitter_keys(), idle,
                 "'brightness', 'contrast', 'saturation' or 'hue'", out);
}

Form form_of(Type<ColourJitterSpec>, const KeyFacts&) {
  return effective_form(colour_jitter_keys());
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, CutoutSpec& out) {
  read_short(reader, value, facts, cutout_keys(), out);
}

Form form_of(Type<CutoutSpec>, const KeyFacts&) { return short_form(cutout_keys()); }

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, AugmentSettings& out) {
  if (value.kind != ValueKind::sequence) {
    reader.error(value.where,
                 fmt::format("'{}' must be a list, as in '[{{crop: 4}}, flip]'", facts.name));
    return;
  }
  AugmentSettings augment;
  std::set<std::size_t> seen;
  for (const Value& item : value.items) {
    const auto choice = read_choice(reader, item, facts.name, augment_names());
    if (!choice) continue;
    if (!seen.insert(choice->index).second) {
      reader.error(item.where, fmt::format("a second '{}'", choice->name));
      continue;
    }
    Value none;
    none.where = item.where;
    const Key<AugmentSettings>& key = augment_keys()[choice->index];
    key.read(reader, choice->settings ? *choice->settings : none, key, augment);
  }
  out = std::move(augment);
}

Form form_of(Type<AugmentSettings>, const KeyFacts&) {
  Form item = mapping_form(augment_keys());
  item.kind = FormKind::choice;
  return list_of(std::move(item));
}

AugmentSpec finish_augment(Reader& reader, const AugmentSettings& given, const DataSetFacts* data) {
  if (data) check_data(reader, given, *data);
  if (given.rotation && given.shift_scale_rotate &&
      given.rotation->value.border != given.shift_scale_rotate->value.border) {
    reader.error(given.rotation->where,
                 "'rotation' and 'shift_scale_rotate' are one resampling; give both the same "
                 "'mode'");
  }
  AugmentSpec spec;
  if (const auto& s = given.shift_scale_rotate) spec.shift_scale_rotate = s->value;
  if (const auto& r = given.rotation) spec.rotation = r->value;
  if (const auto& r = given.resized_crop) {
    spec.resized_crop =
        ResizedCropSpec{r->value.area.least, r->value.area.most, r->value.aspect.least,
                        r->value.aspect.most, r->value.probability};
  }
  if (const auto& crop = given.crop) {
    spec.crop = crop->value.padding;
    spec.crop_border = crop->value.border;
  }
  if (given.flip) spec.flip = given.flip->value.kind;
  if (const auto& j = given.colour_jitter) spec.colour_jitter = j->value;
  if (const auto& c = given.cutout) spec.cutout = c->value;
  if (given.mixup) spec.mixup = given.mixup->value;
  return spec;
}

}  // namespace castnet::codegen
