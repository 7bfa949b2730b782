// A comparison of two specs as text for a terminal, or as Markdown for a review.
#pragma once

#include <string>

#include "analysis/compare.hpp"

namespace castnet::codegen {

/// The two sides of a comparison: a name and its origin, e.g. "cifar10_layer from
/// specs/cifar10.yaml".
struct Compared {
  std::string before;
  std::string after;
};

/// Lines of at most 120 columns (names of files apart), ended by '\n'.
std::string to_text(const Comparison& comparison, const Compared& names);
std::string to_markdown(const Comparison& comparison, const Compared& names);

}  // namespace castnet::codegen
