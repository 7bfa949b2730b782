#include "programs/trainer.hpp"

#include "toolchain/build.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

Templates templates_of(const SpecOptions& options) {
  return options.templates ? Templates(*options.templates) : Templates();
}

std::unique_ptr<const Program> build_trainer(const Loaded& loaded, const SpecOptions& options,
                                             const Target& target, const Toolchain& tools) {
  const std::string source =
      emit_program(loaded.spec, plans_for(target, loaded), origin_of(loaded, options, "generated"),
                   target, templates_of(options));
  return build(loaded.spec.name, {{std::string(target.file), source}}, tools);
}

fs::path spec_copy(const Loaded& loaded, const Program& trainer) {
  // The trainer's folder is named for its source, which holds the SHA-256 of the text.
  return put_beside(trainer, "spec.yaml", loaded.text);
}

}  // namespace castnet::codegen
