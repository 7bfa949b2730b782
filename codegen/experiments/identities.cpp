#include "experiments/identities.hpp"

#include <algorithm>

#include "runs/files.hpp"
#include "toolchain/process.hpp"

namespace castnet::codegen {
namespace {

using nlohmann::json;

/// Null where the trainer cannot tell: when it is run, it says why.
json ask(const Contender& contender, const CompareOptions& options) {
  const auto trainer = build_trainer(contender, options);
  if (!trainer) return {};
  std::vector<std::string> command{trainer->path().string(), "--quiet", "--identity"};
  if (options.data) command.insert(command.end(), {"--data", *options.data});
  const auto answer = output_of(command, trainer->folder.descriptor());
  try {
    const json identity = parse_json(answer.value_or(""));
    return identity.is_object() ? identity : json();
  } catch (const JsonError&) {
    return {};
  }
}

}  // namespace

std::vector<json> ask_identities(const std::vector<Contender>& contenders,
                                 const std::vector<PlannedRun>& runs, const Folder& out,
                                 const CompareOptions& options) {
  std::vector<json> identities(contenders.size(), json::object());
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const bool there = std::ranges::any_of(runs, [&](const PlannedRun& run) {
      if (run.contender != i) return false;
      const auto folder = find_run(out, contenders[i], run);
      return folder && folder->holds(kRunJson.name);
    });
    if (!there) continue;
    const auto same = std::ranges::find_if(asked, [&](std::size_t other) {
      return contenders[other].loaded.spec.data == contenders[i].loaded.spec.data;
    });
    if (same != asked.end()) {
      identities[i] = identities[*same];
      continue;
    }
    identities[i] = ask(contenders[i], options);
    asked.push_back(i);
  }
  return identities;
}

}  // namespace castnet::codegen
