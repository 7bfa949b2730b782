// Enumerators as words: the spelling of specs, which generated source shares.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/spec.hpp"

namespace castnet::codegen {

std::string_view to_word(NormKind kind);
std::string_view to_word(Affine affine);
std::string_view to_word(ActivationKind kind);
std::string_view to_word(OptimizerKind kind);
std::string_view to_word(ScheduleKind kind);
std::string_view to_word(Anneal anneal);
std::string_view to_word(Border border);
std::string_view to_word(Flip flip);
std::string_view to_word(ClipKind kind);
std::string_view to_word(StopMetric metric);

}  // namespace castnet::codegen
