#include "programs/trainer.hpp"

#include <fmt/format.h>

#include "toolchain/build.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

Templates templates_of(const SpecOptions& options) {
  return options.templates ? Templates(*options.templates) : Templates();
}

std::optional<std::string> fault_of(const BuildOptions& options) {
  const char* const given = !options.precision.empty()       ? "--precision"
                            : !options.architectures.empty() ? "--arch"
                            : options.host                   ? "--host"
                                                             : nullptr;
  if (given && !has_precisions(target_named(options.target))) {
    return fmt::format("{} needs --target cuda; the target {} does not have it", given,
                       options.target);
  }
  return why_not_for(options.architectures);
}

std::optional<Toolchain> toolchain_for(const BuildOptions& options) {
  if (options.host) return host_toolchain(options.precision);
  const Target& target = target_named(options.target);
  if (const auto missing = why_unable(target, options.architectures)) {
    fmt::print(stderr, "castnet: {}\n", *missing);
    return {};
  }
  return toolchain(target, options.precision, options.architectures);
}

std::unique_ptr<const Program> build_trainer(const Loaded& loaded, const SpecOptions& options,
                                             const Target& target, const Toolchain& tools) {
  return build(loaded.spec.name,
               emit_program(loaded.spec, plans_for(target, loaded),
                            origin_of(loaded, options, "generated"), target, templates_of(options)),
               tools);
}

fs::path spec_copy(const Loaded& loaded, const Program& trainer) {
  // The trainer's folder is named after its source, which contains the SHA-256 of the text.
  return put_beside(trainer, "spec.yaml", loaded.text);
}

}  // namespace castnet::codegen
