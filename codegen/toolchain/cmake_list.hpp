// Lists of CMake, as in build_info.hpp.
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace castnet::codegen {

/// The elements of a list; they may contain blanks.
inline std::vector<std::string> elements(const char* list) {
  std::vector<std::string> result;
  std::istringstream in(list);
  for (std::string element; std::getline(in, element, ';');) result.push_back(element);
  return result;
}

}  // namespace castnet::codegen
