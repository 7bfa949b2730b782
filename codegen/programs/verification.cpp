#include "programs/verification.hpp"

#include <algorithm>
#include <iterator>

#include "analysis/costs.hpp"
#include "castnet_shared/memory.hpp"
#include "emit/verification.hpp"
#include "programs/trainer.hpp"
#include "toolchain/build.hpp"

namespace castnet::codegen {

Verification plan_verification(const Loaded& loaded) {
  Spec spec = loaded.spec;
  spec.budget = {};
  Plans kept = compile(spec, target_named("cpu"), Sharing::none);
  const std::int64_t memory = costs(spec, kept).train_memory.value;
  return {loaded, std::move(spec), std::move(kept), plans_for(target_named("cuda"), loaded),
          memory};
}

std::optional<std::string> why_too_large(const Verification& verification) {
  const MemoryNeed need{.name = verification.spec.name,
                        .batch = verification.spec.train.batch,
                        .network = static_cast<std::uint64_t>(verification.memory),
                        .why = "on the CPU, as a verification keeps every value there"};
  return why_too_large(need, 0, available_memory());
}

std::unique_ptr<const Program> build_verification(const Verification& verification,
                                                  const SpecOptions& options, Toolchain tools) {
  tools.command.emplace_back("-DCASTNET_NO_MAIN");
  const auto& [loaded, spec, kept, device, memory] = verification;
  const Templates templates = templates_of(options);
  const Origin origin = origin_of(loaded, options, "generated");
  const Target &cpu = target_named("cpu"), &cuda = target_named("cuda");
  std::vector<SourceFile> sources = emit_program(spec, kept, origin, cpu, Templates());
  std::ranges::move(emit_program(loaded.spec, device, origin, cuda, templates),
                    std::back_inserter(sources));
  sources.push_back({"verify.cpp", emit_verification(loaded.spec, kept.plan, device.plan, memory,
                                                     origin, templates)});
  return build(loaded.spec.name, sources, tools);
}

}  // namespace castnet::codegen
