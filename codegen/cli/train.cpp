// castnet train: generates, compiles and becomes the trainer of one spec.
#include <fmt/format.h>

#include "castnet_shared/exit_status.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "programs/budget.hpp"
#include "programs/ready.hpp"
#include "programs/trainer.hpp"

namespace castnet::codegen {
namespace {

struct TrainOptions {
  SpecOptions specs;
  BuildOptions build;
  bool build_only = false;
  std::optional<std::string> data;
  std::vector<std::string> trainer_arguments;  ///< --out and the trainer's other arguments
};

int train(const TrainOptions& options) {
  const Target& target = target_named(options.build.target);
  if (const auto fault = fault_of(options.build)) {
    fmt::print(stderr, "castnet train: {}\n", *fault);
    return kBadInput;
  }
  SpecOptions one = options.specs;
  if (!one.variant) one.variant = "";
  const auto all = load(one);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (!within_budget(loaded, {options.build.target})) return kCheckFailed;
  const auto tools = toolchain_for(options.build);
  if (!tools) return kRunFailed;
  if (!options.build_only) {
    if (const auto reason = why_not_ready(loaded, target, options.data)) {
      fmt::print(stderr, "castnet: {}\n", *reason);
      return kRunFailed;
    }
  }
  const auto trainer = build_trainer(loaded, options.specs, target, *tools);
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

}  // namespace

void add_train(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("train", "generate, compile and run the trainer of one spec");
  auto options = std::make_shared<TrainOptions>();
  add_specs(*command, options->specs, false);
  auto& arguments = options->trainer_arguments;
  command->add_option("--data", options->data, kDataHelp);
  add_passed(*command, arguments, "-o,--out", "run directory (default: runs/NAME)")
      ->check(not_empty());
  add_passed(*command, arguments, "--threads", "number of threads (default: all cores)")
      ->check(thread_count());
  auto* resume = command->add_flag_callback(
      "--resume", [options] { options->trainer_arguments.emplace_back("--resume"); },
      "continue the run in the run directory");
  command
      ->add_flag_callback(
          "--allow-other-build",
          [options] { options->trainer_arguments.emplace_back("--allow-other-build"); },
          "continue the run even if another compiler, processor or castnet began it")
      ->needs(resume);
  auto* grad_cam = command->add_flag_callback(
      "--grad-cam", [options] { options->trainer_arguments.emplace_back("--grad-cam"); },
      kGradCamHelp);
  command
      ->add_flag_callback(
          "--profile", [options] { options->trainer_arguments.emplace_back("--profile"); },
          "only train some steps, and print the time of each layer")
      ->excludes(grad_cam);
  auto* host = add_target(*command, options->build);
  add_templates(*command, options->specs);
  add_build(*command, options->build_only, options->build.architectures,
            "print the trainer's path instead of running it")
      ->excludes(host);
  command->callback([&chosen, options] { chosen = [options] { return train(*options); }; });
}

}  // namespace castnet::codegen
