// castnet replay: trains the run of a run directory again.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "castnet_shared/exit_status.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "programs/load.hpp"
#include "programs/trainer.hpp"
#include "runs/files.hpp"
#include "runs/identity.hpp"

namespace castnet::codegen {
namespace {

using nlohmann::json;

struct ReplayOptions {
  std::string run;                     ///< run directory
  std::vector<std::string> arguments;  ///< arguments of the trainer
};

/// The build settings of the trainer in run.json.
struct Recipe {
  std::string text, sha256, target, precision;
  SpecOptions specs;
};

Recipe recipe_of(const json& run) {
  const json& spec = run.at("spec");
  Recipe recipe{.text = spec.at("text").get<std::string>(),
                .sha256 = spec.at("sha256").get<std::string>(),
                .target = run.at("target").get<std::string>(),
                .precision = {},
                .specs = {}};
  recipe.specs.sets = sets_of(spec.value("generate", ""));
  recipe.specs.variant = run.at("variant").get<std::string>();
  if (run.contains("device")) recipe.precision = run["device"].value("precision", "");
  return recipe;
}

int replay(const ReplayOptions& options) {
  const Folder run = Folder::open(options.run);
  const std::string file = (run / kRunJson.name).string();
  const Recipe recipe = with_run_json(run, recipe_of);
  if (recipe.text.empty()) {
    throw std::runtime_error(fmt::format(
        "{}: it does not have the spec's text, as the trainer was not run by castnet; build the "
        "trainer (castnet train SPEC --build-only), and run it with --replay {}",
        file, options.run));
  }
  const auto all = load_text(recipe.text, file + " (spec)", recipe.specs);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (loaded.sha256 != recipe.sha256) {
    throw std::runtime_error(fmt::format(
        "{}: the spec's text does not match its SHA-256, so the file was changed", file));
  }
  const auto tools = toolchain_for(
      {.target = recipe.target, .precision = recipe.precision, .host = false, .architectures = {}});
  if (!tools) return kRunFailed;
  const auto trainer = build_trainer(loaded, recipe.specs, target_named(recipe.target), *tools);
  if (!trainer) return kRunFailed;
  std::vector<std::string> arguments{trainer->path().string(), "--replay", options.run};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  become(*trainer, arguments);
}

}  // namespace

void add_replay(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("replay", "train a finished run again, and name the first difference");
  auto options = std::make_shared<ReplayOptions>();
  command->add_option("RUN", options->run, "run directory")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option_function<std::string>(
      "--epochs",
      [options](const std::string& value) {
        options->arguments.insert(options->arguments.end(), {"--replay-epochs", value});
      },
      "epochs to compare, as A:B (default: all)");
  add_passed(*command, options->arguments, "--data", kDataHelp);
  add_passed(*command, options->arguments, "--threads", "number of threads (default: all cores)")
      ->check(thread_count());
  command->callback([&chosen, options] { chosen = [options] { return replay(*options); }; });
}

}  // namespace castnet::codegen
