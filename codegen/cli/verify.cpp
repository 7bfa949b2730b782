// castnet verify: compares the cuda target with the cpu target; or checks a run's files.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "castnet_shared/exit_status.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "programs/budget.hpp"
#include "programs/verification.hpp"
#include "runs/faults.hpp"
#include "runs/files.hpp"

namespace castnet::codegen {
namespace {

struct VerifyOptions {
  SpecOptions specs;
  bool host = false;                       ///< never on the GPU
  bool device = false;                     ///< never on the host implementation of CUDA
  std::vector<std::string> architectures;  ///< GPUs; empty: this machine's GPU
  std::vector<std::string> includes;       ///< folders of headers that come before castnet's
  bool build_only = false;
  std::vector<std::string> arguments;  ///< arguments of the program that compares
};

/// The compilers for the GPU or for the host implementation. Says which ones it takes.
std::optional<Toolchain> verification_toolchain(const VerifyOptions& options) {
  BuildOptions build{.target = "cuda",
                     .precision = {},
                     .host = options.host,
                     .architectures = options.architectures};
  if (!options.host && !options.device) {
    if (const auto missing = why_unable(target_named("cuda"), options.architectures)) {
      fmt::print(stderr, "castnet: {}; using the host implementation of CUDA instead:\n", *missing);
      build.host = true;
    }
  }
  return toolchain_for(build);
}

/// Whether the files of a run directory belong together.
int verify_run(const std::string& path) {
  const Folder run = Folder::open(path);
  const auto refuse = [](const std::string& why) {
    fmt::print(stderr, "castnet verify: {}\n", why);
    return kCheckFailed;
  };
  return with_run_json(run, [&](const nlohmann::json& run_json) {
    if (run_json.at("status") != "finished") return refuse(path + ": the run is not finished");
    const RunFaults faults = faults_of(run, run_json);
    if (!faults.checked) {
      return refuse(path + ": an earlier castnet made the run and wrote no check sums");
    }
    if (!faults.none()) return refuse(to_text(faults, path));
    fmt::print("{}: all files are as the run left them; trail {}\n", path,
               run_json.at("trail").get<std::string>());
    return kFine;
  });
}

int verify_spec(const VerifyOptions& options) {
  if (const auto fault = why_not_for(options.architectures)) {
    fmt::print(stderr, "castnet verify: {}\n", *fault);
    return kBadInput;
  }
  SpecOptions one = options.specs;
  if (!one.variant) one.variant = "";
  const auto all = load(one);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (!within_budget(loaded, {"cuda"})) return kCheckFailed;
  auto tools = verification_toolchain(options);
  if (!tools) return kRunFailed;
  tools->includes.insert(tools->includes.begin(), options.includes.begin(), options.includes.end());
  const Verification verification = plan_verification(loaded);
  if (!options.build_only) {
    if (const auto reason = why_too_large(verification)) {
      fmt::print(stderr, "castnet: {}\n", *reason);
      return kRunFailed;
    }
  }
  const auto program = build_verification(verification, options.specs, *tools);
  if (!program) return kRunFailed;
  if (options.build_only) {
    fmt::print("{}\n", program->path().string());
    return kFine;
  }
  std::vector<std::string> arguments{program->path().string()};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  become(*program, arguments);
}

int verify(const VerifyOptions& options) {
  const std::vector<std::string>& files = options.specs.files;
  const bool is_run = files.size() == 1 && std::filesystem::is_directory(files.front());
  return is_run ? verify_run(files.front()) : verify_spec(options);
}

}  // namespace

void add_verify(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "verify",
      "compare the cuda target of a spec with the cpu target, layer by layer over some training "
      "steps; or check that the files of a run directory belong together");
  auto options = std::make_shared<VerifyOptions>();
  add_specs(*command, options->specs, false);
  add_passed(*command, options->arguments, "--steps", "number of training steps (default: 3)")
      ->check(CLI::Range(1, 1000));
  add_passed(
      *command, options->arguments, "--tolerance",
      "largest difference that counts as rounding, in ULP of a tensor's largest value (default: "
      "256)")
      ->check(CLI::Range(0.0, 1e9));
  command->add_flag_callback(
      "--verbose", [options] { options->arguments.emplace_back("--verbose"); },
      "print every comparison");
  auto* host = command->add_flag("--host", options->host,
                                 "run on the host implementation of CUDA and cuDNN, not on a GPU");
  auto* device = command->add_flag("--device", options->device,
                                   "run on a GPU, never on the host implementation");
  device->excludes(host);
  add_list(*command, "--include", options->includes,
           "folder of headers that take precedence over castnet's, to try a changed kernel "
           "(repeatable)");
  add_templates(*command, options->specs,
                "folder of templates for the cuda target instead of the built-in ones");
  add_build(*command, options->build_only, options->architectures,
            "print the path of the comparing program instead of running it")
      ->needs(device);
  command->callback([&chosen, options] { chosen = [options] { return verify(*options); }; });
}

}  // namespace castnet::codegen
