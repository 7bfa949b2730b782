#include <fmt/format.h>

#include "cli/budget.hpp"
#include "cli/build.hpp"
#include "cli/load.hpp"
#include "cli/ready.hpp"
#include "cli/trainer.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

std::unique_ptr<const Program> build_trainer(const Loaded& loaded, const Common& common,
                                             const Target& target, std::string_view precision) {
  const Templates templates = common.templates ? Templates(*common.templates) : Templates();
  const std::string source = emit_program(
      loaded.spec, loaded.plans, origin_of(loaded, common, "generated"), target, templates);
  return build(loaded.spec.name, {{std::string(target.file), source}},
               toolchain(target, precision));
}

fs::path spec_copy(const Loaded& loaded, const Program& trainer) {
  // The trainer's folder is named for its source, which holds the SHA-256 of the text.
  return put_beside(trainer, "spec.yaml", loaded.text);
}

int train(const Common& common, const TrainOptions& options) {
  const Target& target = target_named(options.target);
  if (!options.precision.empty() && !has_precisions(target)) {
    fmt::print(stderr, "castnet train: --precision is a choice of --target cuda; {} has none\n",
               target.name);
    return kBadInput;
  }
  Common one = common;
  if (!one.variant) one.variant = "";
  const auto all = load(one);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (!within_budget(loaded, {options.target})) return kCheckFailed;
  if (const auto missing = why_unable(target)) {
    fmt::print(stderr, "castnet: {}\n", *missing);
    return kRunFailed;
  }
  if (!options.build_only) {
    if (const auto reason = why_not_ready(loaded, target, options.data)) {
      fmt::print(stderr, "castnet: {}\n", *reason);
      return kRunFailed;
    }
  }
  const auto trainer = build_trainer(loaded, common, target, options.precision);
  if (!trainer) return kRunFailed;
  if (options.build_only) {
    fmt::print("{}\n", trainer->path().string());
    return kFine;
  }
  std::vector<std::string> arguments{trainer->path().string(), "--spec-file",
                                     spec_copy(loaded, *trainer).string()};
  if (options.data) arguments.insert(arguments.end(), {"--data", *options.data});
  arguments.insert(arguments.end(), options.trainer_arguments.begin(),
                   options.trainer_arguments.end());
  become(*trainer, arguments);
}

}  // namespace castnet::codegen
