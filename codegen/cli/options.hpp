// Options that several commands have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "programs/load.hpp"
#include "programs/trainer.hpp"

namespace castnet::codegen {

inline constexpr char kDataHelp[] =
    "folder of the data sets (default: $CASTNET_DATA, or else ./data)";
inline constexpr char kGradCamHelp[] =
    "also draw heat maps of the misclassified images into grad_cam.png";

/// A check of an option's value.
CLI::Validator not_empty();

/// The range of a trainer's number of threads.
CLI::Range thread_count();

/// The names of all targets.
std::vector<std::string> target_names();

/// An option that may be repeated. Each time it takes one argument, so that the next argument is
/// not taken for one of its values.
CLI::Option* add_list(CLI::App& command, const char* name, std::vector<std::string>& values,
                      const char* help);

/// An option that is passed to the program that castnet becomes. It is checked here, before that
/// program is compiled.
CLI::Option* add_passed(CLI::App& command, std::vector<std::string>& arguments,
                        const std::string& name, const char* help);

/// Adds --set.
void add_sets(CLI::App& command, SpecOptions& specs);

/// Adds SPEC (one or several), --variant and --set.
void add_specs(CLI::App& command, SpecOptions& specs, bool many);

/// Adds --templates.
void add_templates(CLI::App& command, SpecOptions& specs,
                   const char* help = "folder of templates instead of the built-in ones");

/// Adds --target, --precision and --host. Returns the option --host.
CLI::Option* add_target(CLI::App& command, BuildOptions& build);

/// Adds --build-only, and --arch for programs that run on other machines.
CLI::Option* add_build(CLI::App& command, bool& build_only, std::vector<std::string>& architectures,
                       const char* help);

/// Adds --target-accuracy. `Target` is a number, or an optional number.
template <class Target>
CLI::Option* add_target_accuracy(CLI::App& command, Target& target, const std::string& more = "") {
  return command
      .add_option("--target-accuracy", target,
                  "test accuracy in percent for the column 'epochs to'" + more)
      ->check(CLI::Range(0.0, 100.0));
}

}  // namespace castnet::codegen
