// Lists of CMake, as build_info.hpp has them.
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace castnet::codegen {

/// The elements of a list; blanks may stand in them.
inline std::vector<std::string> elements(const char* list) {
  std::vector<std::string> result;
  std::istringstream in(list);
  for (std::string element; std::getline(in, element, ';');) result.push_back(element);
  return result;
}

}  // namespace castnet::codegen
