#include "toolchain/processor.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace castnet::codegen {
namespace {

/// The keys of /proc/cpuinfo that tell one kind of processor from another: of x86, then of Arm.
constexpr std::array<std::string_view, 10> kKeys{
    "vendor_id",       "cpu family",       "model",       "cache size", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part",   "Features"};

}  // namespace

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string text;
  // An empty line ends the first processor.
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const std::string_view key = std::string_view(line).substr(0, line.find_first_of("\t:"));
    if (std::ranges::find(kKeys, key) != kKeys.end()) text += line + '\n';
  }
  return text;
}

}  // namespace castnet::codegen
