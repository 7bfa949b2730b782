#include <fmt/format.h>

#include "experiments/budget.hpp"
#include "experiments/load.hpp"
#include "experiments/ready.hpp"
#include "experiments/trainer.hpp"
#include "toolchain/build.hpp"

namespace castnet::codegen {

namespace fs = std::filesystem;

std::unique_ptr<const Program> build_trainer(const Loaded& loaded, const Common& common,
                                             const Target& target, const Toolchain& tools) {
  const Templates templates = common.templates ? Templates(*common.templates) : Templates();
  const std::string source =
      emit_program(loaded.spec, plans_for(target, loaded), origin_of(loaded, common, "generated"),
                   target, templates);
  return build(loaded.spec.name, {{std::string(target.file), source}}, tools);
}

fs::path spec_copy(const Loaded& loaded, const Program& trainer) {
  // The trainer's folder is named for its source, which holds the SHA-256 of the text.
  return put_beside(trainer, "spec.yaml", loaded.text);
}

namespace {

/// What is wrong with the options that only the cuda target has; empty if nothing is.
std::string device_fault(const Target& target, const TrainOptions& options) {
  const auto given = [&] {
    if (!options.precision.empty()) return "--precision";
    if (!options.architectures.empty()) return "--arch";
    return options.host ? "--host" : "";
  }();
  if (*given != '\0' && !has_precisions(target)) {
    return fmt::format("{} is a choice of --target cuda; {} has none", given, target.name);
  }
  return why_not_for(options.architectures).value_or("");
}

}  // namespace

int train(const Common& common, const TrainOptions& options) {
  const Target& target = target_named(options.target);
  if (const std::string fault = device_fault(target, options); !fault.empty()) {
    fmt::print(stderr, "castnet train: {}\n", fault);
    return kBadInput;
  }
  Common one = common;
  if (!one.variant) one.variant = "";
  const auto all = load(one);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (!within_budget(loaded, {options.target})) return kCheckFailed;
  if (const auto missing = why_unable(target, options.architectures); missing && !options.host) {
    fmt::print(stderr, "castnet: {}\n", *missing);
    return kRunFailed;
  }
  if (!options.build_only) {
    if (const auto reason = why_not_ready(loaded, target, options.data)) {
      fmt::print(stderr, "castnet: {}\n", *reason);
      return kRunFailed;
    }
  }
  const auto tools = options.host ? host_toolchain(options.precision)
                                  : toolchain(target, options.precision, options.architectures);
  if (!tools) return kRunFailed;
  const auto trainer = build_trainer(loaded, common, target, *tools);
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
