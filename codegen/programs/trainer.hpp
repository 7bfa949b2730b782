// From a loaded spec to its trainer.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "programs/load.hpp"
#include "targets/target.hpp"
#include "toolchain/cache.hpp"
#include "toolchain/compilers.hpp"

namespace castnet::codegen {

/// The built-in templates, or those of the folder that was given.
Templates templates_of(const SpecOptions& options);

/// What a command line says of what a trainer is built for.
struct BuildOptions {
  std::string target = "cpu";
  std::string precision;        ///< empty: the target's own
  bool host = false;            ///< on the host implementation of CUDA
  Architectures architectures;  ///< of other machines' GPUs; none: the one at hand
};

/// What of these the target does not have; nothing if all is well.
std::optional<std::string> fault_of(const BuildOptions& options);

/// How to compile for these. Where this castnet or this machine cannot, says so, and what to do,
/// and returns nothing.
std::optional<Toolchain> toolchain_for(const BuildOptions& options);

/// Generates and compiles the trainer, unless that was done before; null if the compiler
/// failed. Throws as build().
std::unique_ptr<const Program> build_trainer(const Loaded& loaded, const SpecOptions& options,
                                             const Target& target, const Toolchain& tools);

/// A file with the spec's text, beside the trainer, for that to copy into its run.json. Throws as
/// build().
std::filesystem::path spec_copy(const Loaded& loaded, const Program& trainer);

}  // namespace castnet::codegen
