#include "ir/words.hpp"

namespace castnet::codegen {

std::string counted(std::uint64_t number, std::string_view what) {
  return std::to_string(number) + ' ' + std::string(what) + (number == 1 ? "" : "s");
}

}  // namespace castnet::codegen
