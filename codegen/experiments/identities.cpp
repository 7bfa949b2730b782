#include "experiments/identities.hpp"

#include <algorithm>

#include "runs/files.hpp"
#include "toolchain/process.hpp"

namespace castnet::codegen {
namespace {

using nlohmann::json;

/// Returns null if the trainer fails. When it is run later, it says why.
json ask(const Variant& variant, const CompareOptions& options) {
  const auto trainer = build_trainer(variant, options);
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

std::vector<json> ask_identities(const std::vector<Variant>& variants,
                                 const std::vector<Task>& tasks, const Folder& out,
                                 const CompareOptions& options) {
  std::vector<json> identities(variants.size(), json::object());
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const bool there = std::ranges::any_of(tasks, [&](const Task& task) {
      if (task.variant != i) return false;
      const auto folder = find_run(out, variants[i], task);
      return folder && folder->holds(kRunJson.name);
    });
    if (!there) continue;
    const auto same = std::ranges::find_if(asked, [&](std::size_t other) {
      return variants[other].loaded.spec.data == variants[i].loaded.spec.data;
    });
    if (same != asked.end()) {
      identities[i] = identities[*same];
      continue;
    }
    identities[i] = ask(variants[i], options);
    asked.push_back(i);
  }
  return identities;
}

}  // namespace castnet::codegen
