#include "toolchain/architectures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "spec/names.hpp"
#include "toolchain/build_info.hpp"
#include "toolchain/cmake_list.hpp"

namespace castnet::codegen {
namespace {

/// The number at the beginning of a text, or 0 if there is none. `rest` is the text after it.
int number_of(std::string_view text, std::string_view& rest) {
  int number = 0;
  const char* const end = text.data() + text.size();
  rest = {std::from_chars(text.data(), end, number).ptr, end};
  return number;
}

/// Whether the code of CMake's `entry` runs on the architecture. Machine code runs on later GPUs of
/// its generation, and PTX on all later ones.
bool covers(std::string_view entry, int architecture) {
  std::string_view kind;
  const int from = number_of(entry, kind);
  if (from == 0) return true;  // native, all, all-major
  if (kind == "-real") return from / 10 == architecture / 10 && from <= architecture;
  if (kind.empty() || kind == "-virtual") return from <= architecture;
  return from == architecture;  // 90a and the like are for one alone
}

}  // namespace

std::optional<std::string> why_not_for(const Architectures& architectures) {
  const std::vector<std::string> known = elements(kCudaKnownArchitectures);
  const std::vector<std::string> built = elements(kCudaArchitectures);
  if (known.empty()) return {};
  for (const std::string& one : architectures) {
    if (std::ranges::find(known, one) == known.end()) {
      return fmt::format("--arch: nvcc knows no GPU architecture {}; it knows {}", quote(one),
                         fmt::join(known, ", "));
    }
    std::string_view rest;
    const int number = number_of(one, rest);
    if (!std::ranges::any_of(built, [&](const auto& entry) { return covers(entry, number); })) {
      return fmt::format(
          "--arch {}: this castnet's library holds code for {} alone; configure its build with "
          "-DCASTNET_CUDA_ARCHITECTURES=\"{};{}\"",
          one, fmt::join(built, ", "), fmt::join(built, ";"), one);
    }
  }
  return {};
}

std::vector<std::string> architecture_flags(const Architectures& architectures) {
  if (architectures.empty()) return {"-arch=native"};
  std::vector<std::string> flags;
  for (const std::string& one : architectures) {
    flags.push_back(fmt::format("-gencode=arch=compute_{0},code=sm_{0}", one));
  }
  return flags;
}

}  // namespace castnet::codegen
