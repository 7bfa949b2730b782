// The fields of a data set that a spec may give, and the fields of the budget.
#pragma once

#include <string>
#include <tuple>

#include "castnet_shared/limits.hpp"
#include "ir/fields.hpp"

namespace castnet::codegen {

template <>
struct TableOf<DataSetFacts> {
  using D = DataSetFacts;
  enum Kind { known, image_folder };
  static constexpr std::string_view kTitle = "Data sets";
  static constexpr Spelling kSpelling = Spelling::named;
  static constexpr std::size_t kind_of(const D& data) {
    return data.folder.text.empty() ? known : image_folder;
  }
  static std::string of_the_table() { return "the table's"; }

  static constexpr std::tuple kFields{
      field(&D::folder, {.name = "path",
                         .doc = "folder below the data root, or absolute path",
                         .unit = "folder",
                         .rule = "at most 255 bytes; no quotes, backslashes, control characters, "
                                 "`..`",
                         .example = "flowers",
                         .beside = "channels: 3, height: 32, width: 32, classes: 10",
                         .kinds = kinds(image_folder),
                         .required = true,
                         .member = "folder"}),
      field(&D::channels, {.name = "channels",
                           .doc = "channels of an image: 1 (grey) or 3 (colour)",
                           .unit = "channels",
                           .range = from_to(1, 3),
                           .rule = "not 2",
                           .example = "3",
                           .beside = "path: flowers, height: 32, width: 32, classes: 10",
                           .kinds = kinds(image_folder),
                           .required = true,
                           .elsewhere = true}),
      field(&D::height, {.name = "height",
                         .doc = "height to which images are scaled",
                         .unit = "pixels",
                         .range = from_to(1, 1024),
                         .example = "32",
                         .beside = "path: flowers, channels: 3, width: 32, classes: 10",
                         .kinds = kinds(image_folder),
                         .required = true,
                         .elsewhere = true}),
      field(&D::width, {.name = "width",
                        .doc = "width to which images are scaled",
                        .unit = "pixels",
                        .range = from_to(1, 1024),
                        .example = "32",
                        .beside = "path: flowers, channels: 3, height: 32, classes: 10",
                        .kinds = kinds(image_folder),
                        .required = true,
                        .elsewhere = true}),
      field(&D::classes, {.name = "classes",
                          .doc = "number of classes, each with a folder of images",
                          .unit = "classes",
                          .range = from_to(2, kMostClasses),
                          .example = "10",
                          .beside = "path: flowers, channels: 3, height: 32, width: 32",
                          .kinds = kinds(image_folder),
                          .required = true,
                          .elsewhere = true}),
      field(&D::hold_out, {.name = "hold_out",
                           .doc = "number of training images that replace the test images",
                           .unit = "training images",
                           .range = from_to(1, 1e9),
                           .rule = "below their number",
                           .example = "5000",
                           .zero_is_none = true}),
      field(&D::mean, {.name = "mean",
                       .doc = "mean of each channel",
                       .unit = "pixels in 0 to 1",
                       .range = from_to(0, 1),
                       .rule = "one per channel",
                       .example = "[0.5, 0.5, 0.5]",
                       .beside = "std: [0.25, 0.25, 0.25]",
                       .zero_is_none = true,
                       .usual = of_the_table}),
      // Below 1e-4 normalised pixels would leave float32's comfortable range.
      field(&D::std, {.name = "std",
                      .doc = "standard deviation of each channel",
                      .unit = "pixels in 0 to 1",
                      .range = from_to(1e-4, 1),
                      .rule = "one per channel",
                      .example = "[0.25, 0.25, 0.25]",
                      .beside = "mean: [0.5, 0.5, 0.5]",
                      .zero_is_none = true,
                      .usual = of_the_table})};
};

template <>
struct TableOf<Budget> {
  using B = Budget;
  static constexpr std::string_view kTitle = "Budget";
  static constexpr Spelling kSpelling = Spelling::mapping;
  static constexpr Range kCount = from_to(1, 1e15);

  static constexpr std::tuple kFields{
      field(&B::parameters, {.name = "parameters",
                             .doc = "most trainable parameters",
                             .unit = "parameters",
                             .range = kCount,
                             .example = "50000",
                             .zero_is_none = true}),
      field(&B::macs, {.name = "macs",
                       .doc = "most multiply-adds per image in the forward pass",
                       .unit = "multiply-adds",
                       .range = kCount,
                       .example = "7000000",
                       .zero_is_none = true}),
      field(&B::train_memory, {.name = "train_memory",
                               .doc = "most memory of the trainer's arenas and workspaces",
                               .unit = "bytes",
                               .range = kCount,
                               .example = "30000000",
                               .zero_is_none = true}),
      field(&B::inference_memory, {.name = "inference_memory",
                                   .doc = "most memory to evaluate a batch",
                                   .unit = "bytes",
                                   .range = kCount,
                                   .example = "4000000",
                                   .zero_is_none = true}),
      field(&B::receptive_field,
            {.name = "receptive_field",
             .doc = "smallest side of the receptive field before `GAP` and `F` layers",
             .unit = "pixels",
             .range = kCount,
             .example = "32",
             .zero_is_none = true})};
};

}  // namespace castnet::codegen
