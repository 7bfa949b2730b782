#include "toolchain/compilers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "toolchain/build_info.hpp"
#include "toolchain/cmake_list.hpp"
#include "toolchain/gpu.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> why_no_cuda(const Architectures& architectures) {
  if (*kCudaCompiler == '\0') {
    return "this castnet was built without CUDA: install the CUDA Toolkit and cuDNN, and configure "
           "its build with -DCASTNET_CUDA=ON, which says what is missing; or train with --target "
           "cpu";
  }
  if (!architectures.empty()) return {};
  if (const auto why = why_no_gpu()) {
    return fmt::format(
        "no CUDA device: {}; train on a machine with an NVIDIA GPU and its driver, or with "
        "--target cpu; --build-only --arch 90 compiles for another machine's GPU",
        *why);
  }
  return {};
}

/// One row per target, with the facts of build_info.hpp about its compiler.
struct Row {
  std::string_view target;
  const char* compiler;
  const char* flags;
  const char* archives;
  const char* libraries;
  const char* precision;  ///< empty if there is no choice
  std::optional<std::string> (*why_unable)(const Architectures&);
};

constexpr std::array<Row, 2> kRows{
    {{"cpu", kCompiler, kTrainerFlags, kRuntimeLibraries, kTrainerLibraries, "",
      [](const Architectures&) { return std::optional<std::string>(); }},
     {"cuda", kCudaCompiler, kCudaTrainerFlags, kCudaRuntimeLibraries, kCudaTrainerLibraries,
      "fp32", why_no_cuda}}};

const Row& row_of(const Target& target) {
  return *std::ranges::find(kRows, target.name, &Row::target);
}

/// Selects the precision by a flag of the compiler and by its archive.
void choose_precision(Toolchain& tools, std::string_view precision) {
  tools.command.push_back(fmt::format("-DCASTNET_PRECISION={}", precision));
  constexpr std::string_view kHole = "PRECISION";
  for (std::string& archive : tools.archives) {
    const std::size_t at = archive.find(kHole);
    if (at != std::string::npos) archive.replace(at, kHole.size(), precision);
  }
}

}  // namespace

bool has_precisions(const Target& target) { return *row_of(target).precision != '\0'; }

std::optional<std::string> why_unable(const Target& target, const Architectures& architectures) {
  return row_of(target).why_unable(architectures);
}

Toolchain toolchain(const Target& target, std::string_view precision,
                    const Architectures& architectures) {
  const Row& row = row_of(target);
  Toolchain tools;
  tools.command = elements(row.flags);
  tools.command.insert(tools.command.begin(), row.compiler);
  tools.includes = {kRuntimeInclude, kSharedInclude};
  tools.archives = elements(row.archives);
  tools.libraries = elements(row.libraries);
  if (has_precisions(target)) {
    choose_precision(tools, precision.empty() ? row.precision : precision);
    const std::vector<std::string> flags = architecture_flags(architectures);
    tools.command.insert(tools.command.end(), flags.begin(), flags.end());
    const std::string folder = architectures.empty() ? kCudnnFolder : "$ORIGIN/../lib";
    tools.libraries.insert(tools.libraries.end(), {"-Xlinker", "-rpath=" + folder});
  }
  return tools;
}

std::optional<Toolchain> host_toolchain(std::string_view precision) {
  Toolchain tools;
  tools.command = elements(kHostCudaFlags);
  tools.command.insert(tools.command.begin(), kCompiler);
  tools.includes = {kHostCudaInclude, kRuntimeInclude, kSharedInclude};
  tools.language = {"-x", "c++"};
  tools.archives = elements(kHostCudaLibraries);
  const bool plain = precision.empty() || precision == "fp32";
  choose_precision(tools, plain ? "fp32" : precision);
  for (const std::string& archive : tools.archives) {
    if (fs::exists(archive)) continue;
    fmt::print(stderr,
               "castnet: the host implementation of CUDA is not built: {} is missing; cmake "
               "--build {} --target castnet_runtime_cuda_host{} builds it\n",
               archive, fs::path(archive).parent_path().string(),
               plain ? "" : fmt::format("_{}", precision));
    return {};
  }
  tools.libraries = elements(kTrainerLibraries);
  return tools;
}

}  // namespace castnet::codegen
