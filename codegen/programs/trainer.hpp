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

/// The built-in templates, or those of the given folder.
Templates templates_of(const SpecOptions& options);

/// The build options on a command line.
struct BuildOptions {
  std::string target = "cpu";
  std::string precision;        ///< empty: the target's default
  bool host = false;            ///< whether to use the host implementation of CUDA
  Architectures architectures;  ///< GPUs of other machines; empty: the GPU of this machine
};

/// The option that the target does not have, in words; nothing if there is none.
std::optional<std::string> fault_of(const BuildOptions& options);

/// The compilers for these options. If this castnet or this machine cannot compile for them, prints
/// the reason and what to do, and returns nothing.
std::optional<Toolchain> toolchain_for(const BuildOptions& options);

/// Generates and compiles the trainer, unless this was done before. Returns null if the compiler
/// failed. Throws like build().
std::unique_ptr<const Program> build_trainer(const Loaded& loaded, const SpecOptions& options,
                                             const Target& target, const Toolchain& tools);

/// A file with the spec's text beside the trainer, which copies it into its run.json. Throws like
/// build().
std::filesystem::path spec_copy(const Loaded& loaded, const Program& trainer);

}  // namespace castnet::codegen
