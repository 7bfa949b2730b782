// Enumerators as words: the spelling of specs, which generated source shares.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "ir/spec.hpp"

namespace castnet::codegen {

using Words = std::span<const std::string_view>;

/// The words of an enumeration, in the order of its enumerators. All code that reads or writes such
/// a word uses this table, so a new enumerator needs only its word here.
template <class Enum>
inline constexpr std::array<std::string_view, 0> kWords{};

template <>
inline constexpr auto kWords<NormKind> =
    std::to_array<std::string_view>({"none", "batch", "group", "layer", "instance", "channel"});
template <>
inline constexpr auto kWords<Affine> = std::to_array<std::string_view>({"none", "channel",
                                                                        "element"});
template <>
inline constexpr auto kWords<ActivationKind> = std::to_array<std::string_view>(
    {"none", "relu", "gelu", "silu", "leaky_relu", "sigmoid", "prelu"});
template <>
inline constexpr auto kWords<DropoutKind> = std::to_array<std::string_view>({"element", "channel"});
template <>
inline constexpr auto kWords<PoolKind> = std::to_array<std::string_view>({"max", "average"});
template <>
inline constexpr auto kWords<SkipPlace> = std::to_array<std::string_view>({"before_activation",
                                                                           "after_block"});
template <>
inline constexpr auto kWords<Init> = std::to_array<std::string_view>({"kaiming", "xavier",
                                                                      "dirac"});
template <>
inline constexpr auto kWords<ParameterKind> =
    std::to_array<std::string_view>({"weights", "depthwise", "biases", "norms", "slopes"});
template <>
inline constexpr auto kWords<OptimizerKind> = std::to_array<std::string_view>({"sgd", "adam",
                                                                               "adamw", "muon"});
template <>
inline constexpr auto kWords<ScheduleKind> =
    std::to_array<std::string_view>({"constant", "step", "multi_step", "cosine", "one_cycle"});
template <>
inline constexpr auto kWords<Anneal> = std::to_array<std::string_view>({"linear", "cosine"});
template <>
inline constexpr auto kWords<Border> = std::to_array<std::string_view>({"zero", "black",
                                                                        "reflect"});
template <>
inline constexpr auto kWords<Flip> = std::to_array<std::string_view>({"none", "random",
                                                                      "alternating"});
template <>
inline constexpr auto kWords<ClipKind> = std::to_array<std::string_view>({"none", "norm", "value"});
template <>
inline constexpr auto kWords<StopMetric> =
    std::to_array<std::string_view>({"test_loss", "test_accuracy", "train_loss", "train_accuracy"});

/// An enumeration that has words.
template <class Enum>
concept Worded = std::is_enum_v<Enum> && kWords<Enum>
.size() > 0;

template <Worded Enum>
constexpr std::string_view to_word(Enum value) {
  return kWords<Enum>.at(static_cast<std::size_t>(value));
}

/// The enumerator that a word stands for, if it is one of the enumeration's.
template <Worded Enum>
constexpr std::optional<Enum> from_word(std::string_view word) {
  const auto found = std::find(kWords<Enum>.begin(), kWords<Enum>.end(), word);
  if (found == kWords<Enum>.end()) return std::nullopt;
  return static_cast<Enum>(found - kWords<Enum>.begin());
}

}  // namespace castnet::codegen
