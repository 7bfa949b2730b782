#include "cli/toolchain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "cli/build_info.hpp"
#include "cli/gpu.hpp"

namespace castnet::codegen {
namespace {

/// The elements of one of CMake's lists; blanks may stand in them.
std::vector<std::string> elements(const char* list) {
  std::vector<std::string> result;
  std::istringstream in(list);
  for (std::string element; std::getline(in, element, ';');) result.push_back(element);
  return result;
}

std::optional<std::string> why_no_cuda() {
  if (*kCudaCompiler == '\0') {
    return "this castnet was built without CUDA: install the CUDA Toolkit and cuDNN, and configure "
           "its build with -DCASTNET_CUDA=ON, which says what is missing; or train with --target "
           "cpu";
  }
  if (const auto why = why_no_gpu()) {
    return fmt::format(
        "no CUDA device: {}; train on a machine with an NVIDIA GPU and its driver, or with "
        "--target cpu",
        *why);
  }
  return {};
}

/// One row a target: what build_info.hpp says of its compiler.
struct Row {
  std::string_view target;
  const char* compiler;
  const char* flags;
  const char* archives;
  const char* libraries;
  const char* precision;  ///< empty: there is no choice
  std::optional<std::string> (*why_unable)();
};

constexpr std::array<Row, 2> kRows{
    {{"cpu", kCompiler, kTrainerFlags, kRuntimeLibraries, kTrainerLibraries, "",
      [] { return std::optional<std::string>(); }},
     {"cuda", kCudaCompiler, kCudaTrainerFlags, kCudaRuntimeLibraries, kCudaTrainerLibraries,
      "fp32", why_no_cuda}}};

const Row& row_of(const Target& target) {
  return *std::ranges::find(kRows, target.name, &Row::target);
}

}  // namespace

bool has_precisions(const Target& target) { return *row_of(target).precision != '\0'; }

std::optional<std::string> why_unable(const Target& target) { return row_of(target).why_unable(); }

Toolchain toolchain(const Target& target, std::string_view precision) {
  const Row& row = row_of(target);
  Toolchain tools;
  tools.command = elements(row.flags);
  tools.command.insert(tools.command.begin(), row.compiler);
  tools.includes = {kRuntimeInclude};
  tools.archives = elements(row.archives);
  if (has_precisions(target)) {
    const std::string chosen(precision.empty() ? row.precision : precision);
    tools.command.push_back("-DCASTNET_PRECISION=" + chosen);
    // The archive of that precision.
    constexpr std::string_view kHole = "PRECISION";
    for (std::string& archive : tools.archives) {
      const std::size_t at = archive.find(kHole);
      if (at != std::string::npos) archive.replace(at, kHole.size(), chosen);
    }
  }
  tools.libraries = elements(row.libraries);
  return tools;
}

std::optional<Toolchain> host_toolchain() {
  if (*kHostCudaInclude == '\0') return {};
  Toolchain tools;
  tools.command = elements(kHostCudaFlags);
  tools.command.insert(tools.command.begin(), kCompiler);
  tools.includes = {kHostCudaInclude, kRuntimeInclude};
  tools.language = {"-x", "c++"};
  tools.archives = elements(kHostCudaLibraries);
  tools.libraries = elements(kTrainerLibraries);
  return tools;
}

}  // namespace castnet::codegen
