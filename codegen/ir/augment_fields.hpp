// The fields of augmentation and its items.
#pragma once

#include <tuple>

#include "ir/fields.hpp"

namespace castnet::codegen {

/// The field `probability` of an item of `augment`. `beside` holds the other fields of its example.
constexpr FieldFacts probability_facts(std::string_view beside = {}) {
  return {.name = "probability",
          .doc = "probability that an image is changed",
          .unit = "probability",
          .range = above_to(0, 1),
          .example = "0.8",
          .beside = beside};
}

/// The field `mode`: the colour outside of an image.
constexpr FieldFacts mode_facts(std::string_view beside, std::string_view member = "border") {
  return {.name = "mode",
          .doc = "colour outside of the image",
          .example = "black",
          .beside = beside,
          .member = member};
}

template <>
struct TableOf<ShiftScaleRotateSpec> {
  using S = ShiftScaleRotateSpec;
  static constexpr std::string_view kTitle = "Augment";
  static constexpr Spelling kSpelling = Spelling::effective;

  static constexpr std::tuple kFields{
      field(&S::shift, {.name = "shift",
                        .doc = "largest shift in either direction",
                        .unit = "share of each side",
                        .range = from_to(0, 0.5),
                        .example = "0.1",
                        .zero_is_none = true}),
      field(&S::scale, {.name = "scale",
                        .doc = "largest change of size",
                        .unit = "share of the size",
                        .range = from_below(0, 1),
                        .example = "0.1",
                        .zero_is_none = true}),
      field(&S::degrees, {.name = "degrees",
                          .doc = "largest rotation in either direction",
                          .unit = "degrees",
                          .range = from_to(0, 180),
                          .example = "15",
                          .zero_is_none = true}),
      field(&S::probability, probability_facts("shift: 0.1")),
      field(&S::border, mode_facts("shift: 0.1"))};
};

template <>
struct TableOf<RotationSpec> {
  using R = RotationSpec;
  static constexpr std::string_view kTitle = "Augment";
  static constexpr Spelling kSpelling = Spelling::shorthand;

  static constexpr std::tuple kFields{
      field(&R::degrees, {.name = "degrees",
                          .doc = "largest rotation in either direction",
                          .unit = "degrees",
                          .range = above_to(0, 180),
                          .example = "15",
                          .required = true}),
      field(&R::probability, probability_facts("degrees: 15")),
      field(&R::border, mode_facts("degrees: 15"))};
};

template <>
struct TableOf<ResizedCropSpec> {
  using R = ResizedCropSpec;
  static constexpr std::string_view kTitle = "Augment";
  static constexpr Spelling kSpelling = Spelling::mapping;

  static constexpr std::tuple kFields{
      field(&R::area, {.name = "area",
                       .doc = "smallest and largest area",
                       .unit = "share of the image",
                       .range = above_to(0, 1),
                       .example = "[0.25, 1]"}),
      field(&R::aspect, {.name = "aspect",
                         .doc = "smallest and largest width / height",
                         .range = from_to(0.01, 100),
                         .example = "[1, 1]"}),
      field(&R::probability, probability_facts())};
};

template <>
struct TableOf<CropSpec> {
  using C = CropSpec;
  static constexpr std::string_view kTitle = "Augment";
  static constexpr Spelling kSpelling = Spelling::shorthand;

  static constexpr std::tuple kFields{field(&C::padding, {.name = "padding",
                                                          .doc = "padding on each side",
                                                          .unit = "pixels",
                                                          .range = from_to(1, 64),
                                                          .rule = "below the image's side",
                                                          .example = "4",
                                                          .required = true,
                                                          .member = "crop"}),
                                      field(&C::border, mode_facts("padding: 4", "crop_border"))};
};

template <>
struct TableOf<ColourJitterSpec> {
  using J = ColourJitterSpec;
  static constexpr std::string_view kTitle = "Augment";
  static constexpr Spelling kSpelling = Spelling::effective;

  static constexpr std::tuple kFields{field(&J::brightness, {.name = "brightness",
                                                             .doc = "largest relative change",
                                                             .range = from_to(0, 1),
                                                             .example = "0.2",
                                                             .zero_is_none = true}),
                                      field(&J::contrast, {.name = "contrast",
                                                           .doc = "largest relative change",
                                                           .range = from_to(0, 1),
                                                           .example = "0.2",
                                                           .zero_is_none = true}),
                                      field(&J::saturation, {.name = "saturation",
                                                             .doc = "largest relative change",
                                                             .range = from_to(0, 1),
                                                             .rule = "images with colours",
                                                             .example = "0.2",
                                                             .zero_is_none = true}),
                                      field(&J::hue, {.name = "hue",
                                                      .doc = "largest change of hue",
                                                      .unit = "turns of the colour circle",
                                                      .range = from_to(0, 0.5),
                                                      .rule = "images with colours",
                                                      .example = "0.05",
                                                      .zero_is_none = true}),
                                      field(&J::probability, probability_facts("contrast: 0.2"))};
};

template <>
struct TableOf<CutoutSpec> {
  using C = CutoutSpec;
  static constexpr std::string_view kTitle = "Augment";
  static constexpr Spelling kSpelling = Spelling::shorthand;

  static constexpr std::tuple kFields{field(&C::size, {.name = "size",
                                                       .doc = "side of the square",
                                                       .unit = "pixels",
                                                       .range = from_to(1, 1024),
                                                       .rule = "at most the image's shorter side",
                                                       .example = "8",
                                                       .required = true}),
                                      field(&C::probability, probability_facts("size: 8"))};
};

/// The items of the list, in the order in which they are applied.
template <>
struct TableOf<AugmentSpec> {
  using A = AugmentSpec;
  static constexpr std::string_view kTitle = "Augment";
  static constexpr Spelling kSpelling = Spelling::list;

  static constexpr std::tuple kFields{
      field(&A::shift_scale_rotate,
            {.name = "shift_scale_rotate", .doc = "shifts, scales and turns"}),
      field(&A::rotation, {.name = "rotation", .doc = "turns"}),
      field(&A::resized_crop, {.name = "resized_crop", .doc = "enlarges a part of the image"}),
      field(&A::crop, {.name = "crop", .doc = "pads, and crops to the image's size"}),
      field(&A::flip, {.name = "flip",
                       .doc = "mirrors left and right",
                       .words = Words(kWords<Flip>).subspan(1),
                       .example = "alternating",
                       .zero_is_none = true,
                       .bare = "random"}),
      field(&A::colour_jitter, {.name = "colour_jitter", .doc = "changes the colours"}),
      field(&A::cutout, {.name = "cutout", .doc = "covers a square"}),
      field(&A::mixup, {.name = "mixup",
                        .doc = "mixes two images; the number is alpha of the Beta distribution",
                        .unit = "alpha",
                        .range = above_to(0, 1000),
                        .example = "0.2",
                        .required = true,
                        .zero_is_none = true})};
};

}  // namespace castnet::codegen
