#include "ir/optimizer_fields.hpp"

#include <fmt/format.h>

namespace castnet::codegen {

double usual_rate(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::sgd:
      return 0.1;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return 0.001;
    case OptimizerKind::muon:
      return 0.02;
  }
  return 0.1;
}

std::string usual_rates() {
  std::string text;
  for (const std::string_view word : kWords<OptimizerKind>) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", word,
                        usual_rate(*from_word<OptimizerKind>(word)));
  }
  return text;
}

}  // namespace castnet::codegen
