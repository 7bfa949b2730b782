// The fields of the `train` section.
#pragma once

#include <tuple>

#include "ir/augment_fields.hpp"
#include "ir/fields.hpp"
#include "ir/optimizer_fields.hpp"

namespace castnet::codegen {

inline constexpr int kBatchStep = 16;  // images that the CPU target computes together

template <>
struct TableOf<ClipSpec> {
  using enum ClipKind;
  using C = ClipSpec;
  static constexpr std::string_view kTitle = "Clip";
  static constexpr Spelling kSpelling = Spelling::choice;
  static constexpr Range kLimit = above_to(0, 1e6);

  static constexpr std::tuple kFields{
      field(&C::limit, {.name = "norm",
                        .doc = "largest L2 norm of the whole gradient; a longer gradient is "
                               "scaled down to it",
                        .range = kLimit,
                        .example = "1",
                        .kinds = kinds(norm),
                        .required = true,
                        .member = "limit"}),
      field(&C::limit, {.name = "value",
                        .doc = "largest magnitude of each element; larger ones are clipped to it",
                        .range = kLimit,
                        .example = "0.5",
                        .kinds = kinds(value),
                        .required = true,
                        .member = "limit"})};
};

template <>
struct TableOf<EarlyStoppingSpec> {
  using E = EarlyStoppingSpec;
  static constexpr std::string_view kTitle = "Early stopping";
  static constexpr Spelling kSpelling = Spelling::mapping;

  static constexpr std::tuple kFields{
      field(&E::metric,
            {.name = "metric", .doc = "metric that must improve", .example = "test_accuracy"}),
      field(&E::patience, {.name = "patience",
                           .doc = "number of epochs without an improvement",
                           .unit = "epochs",
                           .range = from_to(1, kMostEpochs),
                           .example = "10"}),
      field(&E::min_change, {.name = "min_change",
                             .doc = "smallest change that counts as an improvement",
                             .unit = "of the metric",
                             .range = from(0),
                             .example = "0.001"})};
};

template <>
struct TableOf<TrainSpec> {
  using T = TrainSpec;
  static constexpr std::string_view kTitle = "Train";
  static constexpr Spelling kSpelling = Spelling::mapping;

  static constexpr std::tuple kFields{
      field(&T::epochs, {.name = "epochs",
                         .doc = "passes over the training images",
                         .unit = "epochs",
                         .range = from_to(1, kMostEpochs),
                         .example = "20"}),
      field(&T::batch, {.name = "batch",
                        .doc = "images per step, a multiple of 16",
                        .unit = "images",
                        .range = from_to(kBatchStep, 65536),
                        .rule = "at most the training images",
                        .example = "256",
                        .elsewhere = true}),
      field(&T::seed, {.name = "seed",
                       .doc = "seed of all random numbers",
                       .range = from_to(0, 9007199254740991.0),
                       .example = "7"}),
      field(&T::label_smoothing, {.name = "label_smoothing",
                                  .doc = "share of each label that is spread over all classes",
                                  .range = from_below(0, 1),
                                  .example = "0.1",
                                  .zero_is_none = true}),
      field(&T::optimizer,
            {.name = "optimizer", .doc = "optimizer: sgd, adam, adamw or muon", .example = "adam"}),
      field(&T::schedule,
            {.name = "schedule", .doc = "learning rate schedule", .example = "cosine"}),
      field(&T::augment, {.name = "augment",
                          .doc = "augmentation of the training images",
                          .example = "[{crop: 4}, flip]",
                          .zero_is_none = true}),
      field(&T::clip, {.name = "clip",
                       .doc = "gradient clipping, by norm or by value",
                       .example = "{norm: 1}",
                       .zero_is_none = true}),
      field(&T::ema, {.name = "ema",
                      .doc = "decay of the weights' moving average",
                      .unit = "decay per step",
                      .range = from_below(0, 1),
                      .rule = "see [EMA](#ema)",
                      .example = "0.999",
                      .zero_is_none = true}),
      field(&T::early_stopping, {.name = "early_stopping",
                                 .doc = "ends a run that no longer improves",
                                 .example = "{patience: 5}",
                                 .bare = "none"})};
};

}  // namespace castnet::codegen
