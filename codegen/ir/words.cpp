#include "ir/words.hpp"

#include <array>

namespace castnet::codegen {
namespace {

/// The word at the enumerator's place.
template <std::size_t N, class Enum>
std::string_view at(const std::array<std::string_view, N>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view to_word(NormKind kind) {
  return at(std::to_array<std::string_view>({"none", "batch", "group", "layer", "instance", "channel"}), kind);
}

std::string_view to_word(Affine affine) {
  return at(std::to_array<std::string_view>({"none", "channel", "element"}), affine);
}

std::string_view to_word(ActivationKind kind) {
  return at(std::to_array<std::string_view>({"none", "relu", "gelu", "silu", "leaky_relu", "sigmoid", "prelu"}), kind);
}

std::string_view to_word(OptimizerKind kind) {
  return at(std::to_array<std::string_view>({"sgd", "adam", "adamw", "muon"}), kind);
}

std::string_view to_word(ScheduleKind kind) {
  return at(
      std::to_array<std::string_view>({"constant", "step", "multi_step", "cosine", "one_cycle"}),
      kind);
}

std::string_view to_word(Anneal anneal) {
  return at(std::to_array<std::string_view>({"linear", "cosine"}), anneal);
}

std::string_view to_word(Border border) {
  return at(std::to_array<std::string_view>({"zero", "black", "reflect"}), border);
}

std::string_view to_word(Flip flip) {
  return at(std::to_array<std::string_view>({"none", "random", "alternating"}), flip);
}

std::string_view to_word(ClipKind kind) {
  return at(std::to_array<std::string_view>({"none", "norm", "value"}), kind);
}

std::string_view to_word(StopMetric metric) {
  return at(std::to_array<std::string_view>(
                {"test_loss", "test_accuracy", "train_loss", "train_accuracy"}),
            metric);
}

}  // namespace castnet::codegen
