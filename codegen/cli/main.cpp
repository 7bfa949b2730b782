// castnet: casts a network's YAML spec into C++.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <new>
#include <system_error>

#include "castnet_shared/file.hpp"
#include "cli/commands.hpp"
#include "cli/usage.hpp"
#include "emit/render.hpp"
#include "targets/target.hpp"
#include "toolchain/build_info.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

constexpr char kFooter[] =
    "Exit status: 0 fine; 1 a check failed (over budget, stale, mismatch); 2 wrong usage, a bad "
    "spec,\n"
    "or a run that cannot be reported; 3 the run failed; 130 interrupted, with everything saved.";

CLI::Validator not_empty() {
  return {[](const std::string& text) { return text.empty() ? "is empty" : std::string(); }, ""};
}

/// An option of several values: each time that it is given it takes one argument, so that what
/// follows is none of its values.
CLI::Option* add_list(CLI::App& command, const char* name, std::vector<std::string>& values,
                      const char* help) {
  return command.add_option(name, values, help)
      ->expected(1)
      ->allow_extra_args(false)
      ->check(not_empty())
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

/// An option that goes to the program that castnet becomes. Its check is made here, before that is
/// compiled.
CLI::Option* add_passed(CLI::App& command, std::vector<std::string>& arguments, std::string name,
                        const char* help) {
  return command.add_option_function<std::string>(
      name,
      [&arguments, name](const std::string& value) {
        arguments.insert(arguments.end(), {name, value});
      },
      help);
}

/// As a trainer takes it.
CLI::Range thread_count() { return CLI::Range(1, 4096); }

void add_sets(CLI::App& command, Common& common) {
  add_list(command, "--set", common.sets,
           "replace a value, e.g. --set train.epochs=5 (repeatable)");
}

void add_common(CLI::App& command, Common& common, bool many) {
  auto* specs =
      command.add_option("SPEC", common.specs, "spec file (YAML); - is standard input")->required();
  if (!many) specs->expected(1);
  command.add_option("--variant", common.variant,
                     "only this variant; base, or the spec's norm, is the spec itself");
  add_sets(command, common);
}

/// --build-only, and --arch for programs that other machines run.
CLI::Option* add_build(CLI::App& command, bool& build_only, std::vector<std::string>& architectures,
                       const char* help) {
  auto* build = command.add_flag("--build-only", build_only, help);
  return add_list(command, "--arch", architectures,
                  "compile for these GPUs, e.g. 90 or 80,90, and not for the one at hand: another "
                  "machine is to run the program")
      ->delimiter(',')
      ->needs(build);
}

/// `Target` is a number, or an optional one.
template <class Target>
CLI::Option* add_target_accuracy(CLI::App& command, Target& target, const std::string& more = "") {
  return command
      .add_option("--target-accuracy", target,
                  "test accuracy in percent, for the table's epochs to get there" + more)
      ->check(CLI::Range(0.0, 100.0));
}

void add_check(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand("check", "print the layer table, memory and budget");
  auto options = std::make_shared<CheckOptions>();
  add_common(*command, common, true);
  auto* json = command->add_flag("--json", options->json, "print JSON");
  command
      ->add_flag("--plan", options->plan,
                 "print the plans too: every operation and buffer, of training and evaluation")
      ->excludes(json);
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return check(common, *options); };
  });
}

void add_diff(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "diff", "show what changes between two specs, or variants of one, and what it costs");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("SPEC", common.specs, "spec file (YAML), or two")->required()->expected(1, 2);
  add_list(
      *command, "--variants", options->variants,
      "compare the first with each of the others; base, or the spec's norm, is the spec itself")
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
  command->add_option("-o,--output", options->output, "folder to write to")
      ->check(not_empty())
      ->capture_default_str();
  add_list(*command, "--target", options->targets, "what to emit source for")
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

constexpr char kDataHelp[] = "folder that holds the data sets (else CASTNET_DATA, else ./data)";
constexpr char kGradCamHelp[] =
    "also draw where the network looked in the images that it gets wrong, into grad_cam.png";

void add_train(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand("train", "generate, compile and run the trainer of one spec");
  auto options = std::make_shared<TrainOptions>();
  add_common(*command, common, false);
  auto& arguments = options->trainer_arguments;
  command->add_option("--data", options->data, kDataHelp);
  add_passed(*command, arguments, "--out", "run directory (default: runs/NAME)")
      ->check(not_empty());
  add_passed(*command, arguments, "--threads", "threads (default: all cores)")
      ->check(thread_count());
  auto* resume = command->add_flag_callback(
      "--resume", [options] { options->trainer_arguments.emplace_back("--resume"); },
      "continue the run in the run directory");
  command
      ->add_flag_callback(
          "--allow-other-build",
          [options] { options->trainer_arguments.emplace_back("--allow-other-build"); },
          "continue it also if another compiler, processor or castnet began it")
      ->needs(resume);
  auto* grad_cam = command->add_flag_callback(
      "--grad-cam", [options] { options->trainer_arguments.emplace_back("--grad-cam"); },
      kGradCamHelp);
  command
      ->add_flag_callback(
          "--profile", [options] { options->trainer_arguments.emplace_back("--profile"); },
          "only train some steps and print where their time goes, layer by layer")
      ->excludes(grad_cam);
  command->add_option("--target", options->target, "what to build for")
      ->check(CLI::IsMember(target_names()))
      ->capture_default_str();
  command
      ->add_option("--precision", options->precision,
                   "of the cuda target: fp32 (default), tf32 (convolutions on tensor cores), bf16 "
                   "(activations in bfloat16, too)")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
  auto* host = command->add_flag(
      "--host", options->host,
      "the cuda target on the host implementation of CUDA and cuDNN: for tests, as it is slow");
  add_build(*command, options->build_only, options->architectures,
            "print the trainer's path instead of running it")
      ->excludes(host);
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] { return train(common, *options); };
  });
}

void add_compare(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "compare", "train specs and variants with several seeds; one table, and curves together");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("SPEC", common.specs, "spec files (YAML)")->required();
  add_list(*command, "--variants", options->variants,
           "which to train; base, or the spec's norm, is the spec itself (default: it and all its "
           "variants)")
      ->delimiter(',');
  command->add_option("--seeds", options->seeds, "train each with N seeds, from train.seed on")
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
      ->check(thread_count());
  add_target_accuracy(*command, options->target)->capture_default_str();
  command->add_flag("--grad-cam", options->grad_cam, kGradCamHelp);
  command->add_option("--data", options->data, kDataHelp);
  command
      ->add_option("--out", options->out, "folder of the comparison (default: runs/NAME-compare)")
      ->check(not_empty());
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
  command->add_option("-o,--output", options->output, "the HTML file")
      ->check(not_empty())
      ->capture_default_str();
  add_target_accuracy(*command, options->target,
                      fmt::format(" (default: the comparison's, else {})", kTargetAccuracy));
  command->callback([&chosen, options] { chosen = [options] { return make_report(*options); }; });
}

void add_verify(CLI::App& app, Common& common, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "verify",
      "compare the cuda target with the cpu target, layer by layer, over some training steps; of a "
      "run directory, whether its files belong together");
  auto options = std::make_shared<VerifyOptions>();
  add_common(*command, common, false);
  add_passed(*command, options->arguments, "--steps", "training steps (default: 3)")
      ->check(CLI::Range(1, 1000));
  add_passed(*command, options->arguments, "--tolerance",
             "what counts as rounding, in ULP of a tensor's largest value (default: 256)")
      ->check(CLI::Range(0.0, 1e9));
  command->add_flag_callback(
      "--verbose", [options] { options->arguments.emplace_back("--verbose"); },
      "print every comparison");
  auto* host = command->add_flag("--host", options->host,
                                 "on the host implementation of CUDA and cuDNN, not on a GPU");
  auto* device =
      command->add_flag("--device", options->device, "on a GPU, never on the host implementation");
  device->excludes(host);
  add_list(*command, "--include", options->includes,
           "folder of headers that come before castnet's, to try a changed kernel (repeatable)");
  command
      ->add_option("--templates", common.templates,
                   "folder of templates for the cuda target instead of the built-in ones")
      ->check(CLI::ExistingDirectory);
  add_build(*command, options->build_only, options->architectures,
            "print the path of the program that compares instead of running it")
      ->needs(device);
  command->callback([&common, &chosen, options] {
    chosen = [&common, options] {
      const bool is_run = common.specs.size() == 1 && fs::is_directory(common.specs.front());
      return is_run ? verify_run(common.specs.front()) : verify(common, *options);
    };
  });
}

void add_replay(CLI::App& app, std::function<int()>& chosen) {
  auto* command = app.add_subcommand(
      "replay", "train a finished run again, and say where its first difference is");
  auto options = std::make_shared<ReplayOptions>();
  command->add_option("RUN", options->run, "run directory")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option_function<std::string>(
      "--epochs",
      [options](const std::string& value) {
        options->arguments.insert(options->arguments.end(), {"--replay-epochs", value});
      },
      "A:B, those to compare (default: all)");
  add_passed(*command, options->arguments, "--data", kDataHelp);
  add_passed(*command, options->arguments, "--threads", "threads (default: all cores)")
      ->check(thread_count());
  command->callback([&chosen, options] { chosen = [options] { return replay(*options); }; });
}

void add_cache(CLI::App& app, std::function<int()>& chosen) {
  auto* command = app.add_subcommand("cache", "show or clear what is kept of compiled programs");
  auto action = std::make_shared<std::string>("list");
  command
      ->add_option("ACTION", *action,
                   "list: each program with its network, size and last use; size: of all together; "
                   "clear: remove all that are not in use")
      ->check(CLI::IsMember({"list", "size", "clear"}))
      ->capture_default_str();
  command->callback([&chosen, action] { chosen = [action] { return show_cache(*action); }; });
}

void add_schema(CLI::App& app, std::function<int()>& chosen) {
  auto* command = app.add_subcommand("schema", "print a JSON Schema of specs, for editors");
  command->callback([&chosen] { chosen = schema; });
}

/// The command's status. Where it may not write, it is said how to name another place.
int run_chosen(const CLI::App& app, const std::function<int()>& chosen) {
  try {
    return chosen();
  } catch (const FileError& error) {
    const CLI::App& command = *app.get_subcommands().front();
    const char* const option = command.get_option_no_throw("--output") ? "--output" : "--out";
    fmt::print(stderr, "castnet: {}\n", with_advice(error, option));
    return kRunFailed;
  }
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
  add_replay(app, chosen);
  add_cache(app, chosen);
  add_schema(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    tell_usage(app, error);
    return kBadInput;
  }
  return run_chosen(app, chosen);
}

}  // namespace
}  // namespace castnet::codegen

int main(int argc, char** argv) {
  using namespace castnet::codegen;
  try {
    const int status = run(argc, argv);
    // What was printed is the result: it must not be lost, on a full disk for one.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw std::system_error(errno, std::generic_category(), "standard output");
    }
    return status;
  } catch (const TemplateError& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
    return kBadInput;
  } catch (const std::bad_alloc&) {
    fmt::print(
        stderr,
        "castnet: out of memory; what limits it is the system, a control group or ulimit -v\n");
    return kRunFailed;
  } catch (const std::filesystem::filesystem_error& error) {
    fmt::print(stderr, "castnet: cannot use '{}': {}\n", error.path1().string(),
               error.code().message());
    return kRunFailed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "castnet: {}\n", error.what());
    return kRunFailed;
  }
}
