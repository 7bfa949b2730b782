#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "castnet_shared/memory.hpp"
#include "emit/verification.hpp"
#include "experiments/budget.hpp"
#include "experiments/load.hpp"
#include "analysis/costs.hpp"
#include "runs/faults.hpp"
#include "runs/files.hpp"
#include "toolchain/build.hpp"

namespace castnet::codegen {
namespace {

/// With the compilers of the GPU's target, or of its host implementation; says which.
std::optional<Toolchain> verification_toolchain(const VerifyOptions& options) {
  if (options.host) return host_toolchain("");
  const Target& cuda = target_named("cuda");
  const auto missing = why_unable(cuda, options.architectures);
  if (!missing) return toolchain(cuda, "", options.architectures);
  if (options.device) {
    fmt::print(stderr, "castnet: {}\n", *missing);
    return {};
  }
  fmt::print(stderr, "castnet: {}; on the host implementation of CUDA:\n", *missing);
  return host_toolchain("");
}

}  // namespace

int verify_run(const std::string& path) {
  const Folder run = Folder::open(path);
  const auto refuse = [](const std::string& why) {
    fmt::print(stderr, "castnet verify: {}\n", why);
    return kCheckFailed;
  };
  return with_run_json(run, [&](const nlohmann::json& json) {
    if (json.at("status") != "finished") return refuse(path + ": the run is not finished");
    const RunFaults faults = faults_of(run, json);
    if (!faults.checked) {
      return refuse(path + ": an earlier castnet made it, which wrote no check sums");
    }
    if (!faults.none()) return refuse(to_text(faults, path));
    fmt::print("{}: all files are as the run left them; trail {}\n", path,
               json.at("trail").get<std::string>());
    return kFine;
  });
}

int verify(const Common& common, const VerifyOptions& options) {
  if (const auto fault = why_not_for(options.architectures)) {
    fmt::print(stderr, "castnet verify: {}\n", *fault);
    return kBadInput;
  }
  Common one = common;
  if (!one.variant) one.variant = "";
  const auto all = load(one);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (!within_budget(loaded, {"cuda"})) return kCheckFailed;
  auto tools = verification_toolchain(options);
  if (!tools) return kRunFailed;
  tools->includes.insert(tools->includes.begin(), options.includes.begin(), options.includes.end());
  tools->command.emplace_back("-DCASTNET_NO_MAIN");
  const Templates templates = common.templates ? Templates(*common.templates) : Templates();
  const Origin origin = origin_of(loaded, common, "generated");
  // On the CPU every value keeps its own memory, so that all can be compared when a step has ended.
  Spec spec = loaded.spec;
  spec.budget = {};  // which is not about this memory
  const Plans kept = compile(spec, target_named("cpu"), Sharing::none);
  const Target &cpu = target_named("cpu"), &cuda = target_named("cuda");
  const Plans device = plans_for(cuda, loaded);
  const std::int64_t memory = costs(spec, kept).train_memory.value;
  const MemoryNeed need{.name = spec.name,
                        .batch = spec.train.batch,
                        .network = static_cast<std::uint64_t>(memory),
                        .why = "on the CPU, where a verification keeps every value"};
  if (const auto reason = why_too_large(need, 0, available_memory());
      reason && !options.build_only) {
    fmt::print(stderr, "castnet: {}\n", *reason);
    return kRunFailed;
  }
  const auto program =
      build(loaded.spec.name,
            {{std::string(cpu.file), emit_program(spec, kept, origin, cpu, Templates())},
             {std::string(cuda.file), emit_program(loaded.spec, device, origin, cuda, templates)},
             {"verify.cpp",
              emit_verification(loaded.spec, kept.plan, device.plan, memory, origin, templates)}},
            *tools);
  if (!program) return kRunFailed;
  if (options.build_only) {
    fmt::print("{}\n", program->path().string());
    return kFine;
  }
  std::vector<std::string> arguments{program->path().string()};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  become(*program, arguments);
}

}  // namespace castnet::codegen
