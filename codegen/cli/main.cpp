// castnet: casts a network's YAML spec into C++.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>

#include "cli/build_info.hpp"
#include "cli/commands.hpp"
#include "emit/render.hpp"
#include "emit/targets.hpp"

namespace castnet::codegen {
namespace {

constexpr char kFooter[] =
    "Exit status: 0 fine; 1 a check failed (over budget, stale, mismatch); 2 wrong usage, a bad "
    "spec,\n"
    "or a run that cannot be reported; 3 the run failed; 130 interrupted, with everything saved.";

void add_sets(CLI::App& command, Common& common) {
  command
      .add_option("--set", common.sets, "replace a value, e.g. --set train.epochs=5 (repeatable)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_common(CLI::App& command, Common& common, bool many) {
  auto* specs = command.add_option("SPEC", common.specs, "spec file (YAML)")->required();
  if (!many) specs->expected(1);
  command.add_option("--variant", common.variant, "only this variant of the spec");
  add_sets(command, common);
}

void add_target_accuracy(CLI::App& command, double& target) {
  command
      .add_option("--target-accuracy", target,
                  "test accuracy in percent, for the table's epochs to get there")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
}

void add_check(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand("check", "print the layer table, memory and budget");
  auto options = std::make_shared<CheckOptions>();
  add_common(*command, common, true);
  command->add_flag("--json", options->json, "print JSON");
  command->add_flag("--plan", options->plan,
                    "print the plans too: every operation and buffer, of training and evaluation");
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return check(common, *options); };
  });
}

void add_diff(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "diff", "show what changes between two specs, or variants of one, and what it costs");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("SPEC", common.specs, "spec file (YAML), or two")->required()->expected(1, 2);
  command
      ->add_option("--variants", options->variants,
                   "compare the first with each of the others; base, or the spec's norm, is the "
                   "spec itself")
      ->delimiter(',');
  command->add_flag("--markdown", options->markdown, "print Markdown, for a review");
  add_sets(*command, common);
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return diff(common, *options); };
  });
}

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const Target& target : targets()) names.emplace_back(target.name);
  return names;
}

void add_generate(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command =
      app.add_subcommand("generate", "write the C++ source of specs and their variants");
  auto options = std::make_shared<GenerateOptions>();
  add_common(*command, common, true);
  command->add_option("-o,--output", options->output, "folder to write to")->capture_default_str();
  command->add_option("--target", options->targets, "what to emit source for")
      ->delimiter(',')
      ->check(CLI::IsMember(target_names()))
      ->capture_default_str();
  command->add_flag("--check", options->check,
                    "write nothing; show what is stale, and exit 1 if any is");
  command
      ->add_option("--templates", common.templates,
                   "folder of templates instead of the built-in ones")
      ->check(CLI::ExistingDirectory);
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return generate(common, *options); };
  });
}

constexpr char kGradCamHelp[] =
    "also draw where the network looked in the images that it gets wrong, into grad_cam.png";

void add_train(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand("train", "generate, compile and run the trainer of one spec");
  auto options = std::make_shared<TrainOptions>();
  add_common(*command, common, false);
  auto pass = [command, options](const char* name, const char* help) {
    command->add_option_function<std::string>(
        name,
        [options, name](const std::string& value) {
          options->trainer_arguments.insert(options->trainer_arguments.end(), {name, value});
        },
        help);
  };
  pass("--data", "folder that holds the data sets (else CASTNET_DATA, else ./data)");
  pass("--out", "run directory (default: runs/NAME)");
  pass("--threads", "threads (default: all cores)");
  command->add_flag_callback(
      "--resume", [options] { options->trainer_arguments.emplace_back("--resume"); },
      "continue the run in the run directory");
  command->add_flag_callback(
      "--grad-cam", [options] { options->trainer_arguments.emplace_back("--grad-cam"); },
      kGradCamHelp);
  command->add_flag_callback(
      "--profile", [options] { options->trainer_arguments.emplace_back("--profile"); },
      "only train some steps and print where their time goes, layer by layer");
  command->add_option("--target", options->target, "what to build for")
      ->check(CLI::IsMember(target_names()))
      ->capture_default_str();
  command
      ->add_option("--precision", options->precision,
                   "of the cuda target: fp32 (default), tf32 (convolutions on tensor cores), bf16 "
                   "(activations in bfloat16, too)")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
  command->add_flag("--build-only", options->build_only,
                    "print the trainer's path instead of running it");
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return train(common, *options); };
  });
}

void add_compare(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "compare", "train specs and variants with several seeds; one table, and curves together");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("SPEC", common.specs, "spec files (YAML)")->required();
  command
      ->add_option("--variants", options->variants,
                   "which to train; base, or the spec's norm, is the spec itself (default: it and "
                   "all its variants)")
      ->delimiter(',');
  command->add_option("--seeds", options->seeds, "train each with the seeds 1 to N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  const auto without_percent = [](std::string text) {
    if (text.ends_with('%')) text.pop_back();
    return text;
  };
  command
      ->add_option("--match-parameters", options->match,
                   "widen or narrow until all have the first one's parameters, or its budget's, "
                   "within so many percent, e.g. 1%")
      ->transform(without_percent)
      ->check(CLI::Range(0.0, 100.0));
  command->add_option("--jobs", options->jobs, "trainings at a time (default: as many as cores)")
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--threads", options->threads,
                   "threads of each training (default: the cores, shared out)")
      ->check(CLI::Range(1, 1024));
  add_target_accuracy(*command, options->target);
  command->add_flag("--grad-cam", options->grad_cam, kGradCamHelp);
  command->add_option("--data", options->data,
                      "folder that holds the data sets (else CASTNET_DATA, else ./data)");
  command->add_option("--out", options->out,
                      "folder of the comparison (default: runs/NAME-compare)");
  add_sets(*command, common);
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return compare(common, *options); };
  });
}

void add_report(CLI::App& app, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "report", "make one HTML file of finished runs: curves, tables, errors, what differs");
  auto options = std::make_shared<ReportOptions>();
  command
      ->add_option("RUN", options->runs,
                   "run directory, or the folder of a comparison for all its runs")
      ->required();
  command->add_option("-o,--output", options->output, "the HTML file")->capture_default_str();
  add_target_accuracy(*command, options->target);
  command->callback([&chosen, options] { chosen = [options] { return make_report(*options); }; });
}

void add_verify(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "verify",
      "compare the cuda target with the cpu target, layer by layer, over some training steps");
  auto options = std::make_shared<VerifyOptions>();
  add_common(*command, common, false);
  for (const auto& [name, help] :
       {std::pair{"--steps", "training steps (default: 3)"},
        std::pair{"--tolerance",
                  "what counts as rounding, in ULP of a tensor's largest value "
                  "(default: 256)"}}) {
    command->add_option_function<std::string>(
        name,
        [options, name = std::string(name)](const std::string& value) {
          options->arguments.insert(options->arguments.end(), {name, value});
        },
        help);
  }
  command->add_flag_callback(
      "--verbose", [options] { options->arguments.emplace_back("--verbose"); },
      "print every comparison");
  command->add_flag("--host", options->host,
                    "on the host implementation of CUDA and cuDNN, also where there is a GPU");
  command->add_option("--include", options->includes,
                      "folder of headers that come before castnet's, to try a changed kernel");
  command
      ->add_option("--templates", common.templates,
                   "folder of templates for the cuda target instead of the built-in ones")
      ->check(CLI::ExistingDirectory);
  command->add_flag("--build-only", options->build_only,
                    "print the path of the program that compares instead of running it");
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return verify(common, *options); };
  });
}

void add_schema(CLI::App& app, std::function<int()>& chosen) {
  auto* command = app.add_subcommand("schema", "print a JSON Schema of specs, for editors");
  command->callback([&chosen] { chosen = schema; });
}

int run(int argc, char** argv) {
  CLI::App app(
      "castnet casts a network into C++: a YAML spec goes in, a trainer's source comes out.");
  app.set_version_flag("--version", std::string("castnet ") + kVersion);
  app.footer(kFooter);
  app.require_subcommand(1);
  Common common;
  std::function<int()> chosen;
  add_check(app, common, chosen);
  add_diff(app, common, chosen);
  add_generate(app, common, chosen);
  add_train(app, common, chosen);
  add_compare(app, common, chosen);
  add_report(app, chosen);
  add_verify(app, common, chosen);
  add_schema(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kBadInput;
  }
  return chosen();
}

}  // namespace
}  // namespace castnet::codegen

int main(int argc, char** argv) {
  using namespace castnet::codegen;
  try {
    return run(argc, argv);
  } catch (const TemplateError& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
    return kBadInput;
  } catch (const std::exception& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
    return kRunFailed;
  }
}
