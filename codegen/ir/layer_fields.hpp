// The fields of the norm, activation and dropout of a layer's block.
#pragma once

#include <tuple>

#include "ir/fields.hpp"

namespace castnet::codegen {

template <>
struct TableOf<NormSpec> {
  using enum NormKind;
  using N = NormSpec;
  static constexpr std::string_view kTitle = "Norm";
  static constexpr Spelling kSpelling = Spelling::choice;

  static NormSpec usual(NormKind kind) {
    NormSpec norm;
    norm.kind = kind;
    if (kind == group) norm.groups = 4;
    return norm;
  }

  static constexpr FieldFacts kAffine{.name = "affine",
                                      .doc = "shape of the learned scale and shift",
                                      .rule = "`channel` has 2·C parameters",
                                      .words = Words(kWords<Affine>).first(2),
                                      .example = "none",
                                      .kinds = kinds(batch, group, instance, channel)};
  static constexpr FieldFacts kAffineOfLayer{.name = "affine",
                                             .doc = "shape of the learned scale and shift",
                                             .rule =
                                                 "`channel` has 2·C parameters, `element` "
                                                 "2·C·H·W",
                                             .example = "element",
                                             .kinds = kinds(layer)};

  static constexpr std::tuple kFields{
      field(&N::groups, {.name = "groups",
                         .doc = "number of groups of channels",
                         .unit = "groups",
                         .range = from_to(1, 65536),
                         .rule = "must divide the channels",
                         .example = "8",
                         .kinds = kinds(group)}),
      field(&N::affine, kAffine), field(&N::affine, kAffineOfLayer),
      // Below 1e-12 epsilon would vanish beside a float32 variance.
      field(&N::epsilon, {.name = "eps",
                          .doc = "value added to the variance",
                          .unit = "variance",
                          .range = from_to(1e-12, 1),
                          .example = "1e-3",
                          .kinds = kinds(batch, group, layer, instance, channel)}),
      field(&N::momentum, {.name = "momentum",
                           .doc = "weight of a new batch in the running statistics",
                           .range = above_to(0, 1),
                           .example = "0.05",
                           .kinds = kinds(batch)})};
};

template <>
struct TableOf<ActivationSpec> {
  using enum ActivationKind;
  using A = ActivationSpec;
  static constexpr std::string_view kTitle = "Activation";
  static constexpr Spelling kSpelling = Spelling::choice;

  static constexpr std::tuple kFields{
      field(&A::slope, {.name = "slope",
                        .doc = "slope for negative inputs",
                        .range = from_to(0, 1),
                        .example = "0.1",
                        .kinds = kinds(leaky_relu)}),
      field(&A::init, {.name = "init",
                       .doc = "slope for negative inputs before training",
                       .range = from_to(0, 1),
                       .example = "0.1",
                       .kinds = kinds(prelu)}),
      field(&A::shared, {.name = "shared",
                         .doc = "whether all channels share one slope",
                         .example = "true",
                         .kinds = kinds(prelu)})};
};

template <>
struct TableOf<DropoutSpec> {
  using D = DropoutSpec;
  static constexpr std::string_view kTitle = "Dropout";
  static constexpr Spelling kSpelling = Spelling::shorthand;

  static constexpr std::tuple kFields{
      field(&D::rate, {.name = "rate",
                       .doc = "probability that a value is set to zero",
                       .unit = "probability",
                       .range = from_below(0, 1),
                       .example = "0.1",
                       .required = true}),
      field(&D::kind, {.name = "kind",
                       .doc = "unit that is set to zero",
                       .rule = "`channel` drops whole channels",
                       .example = "channel",
                       .beside = "rate: 0.1"})};
};

}  // namespace castnet::codegen
