#include "run/run_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "castnet_shared/check_sums.hpp"
#include "castnet_shared/json.hpp"
#include "report/api/castnet_report/trail.hpp"
#include "run/build.hpp"
#include "run/early_stopping.hpp"
#include "run/guessing.hpp"

#ifndef CASTNET_VERSION
#define CASTNET_VERSION "unknown"
#endif

namespace castnet {
namespace {

using Json = nlohmann::ordered_json;

std::size_t elements(std::span<const TensorInfo> tensors) {
  std::size_t sum = 0;
  for (const TensorInfo& tensor : tensors) sum += tensor.elements;
  return sum;
}

Json figures(const EpochRow& row) {
  return {{"epoch", row.epoch},
          {"train_loss", row.train_loss},
          {"train_accuracy", row.train_accuracy},
          {"test_loss", row.test_loss},
          {"test_accuracy", row.test_accuracy},
          {"weights_sha256", row.weights_sha256}};
}

Json data_facts(const Split& split) {
  return {{"name", split.name},
          {"source", split.source},
          {"training_images", split.train.size()},
          {"test_images", split.test.size()},
          {"held_out", split.held_out},
          {"sha256", split.sha256}};
}

/// The part of a run's identity that the program, its data and castnet determine.
Json identity_facts(const ProgramInfo& info, const Split& split, const RunIdentity& identity) {
  return {{"name", identity.name},
          {"variant", identity.variant},
          {"seed", identity.seed},
          {"epochs", identity.epochs},
          {"batch", info.batch},
          {"target", info.target},
          {"number_type", kRealType},
          {"castnet", {{"version", CASTNET_VERSION}, {"interface", kInterface}}},
          {"data", data_facts(split)}};
}

/// The figures that are known so far, and whether the run diverged or stopped early.
void add_results(Json& json, const RunStatus& status, const RunFacts& facts,
                 const RunIdentity& identity, const TrainingState& state) {
  const EarlyStoppingRecipe& stopping = facts.info->recipe.early_stopping;
  const int classes = facts.info->classes;
  json["guessing"] = {{"loss", guessing_loss(classes)},
                      {"accuracy", guessing_accuracy(facts.split->test)}};
  json["diverged"] =
      status.non_finite || (!state.rows.empty() && diverged(state.rows.back(), classes));
  json["best_epoch"] = state.best_epoch;
  if (state.rows.empty()) return;
  json["best"] = figures(best_epoch(state));
  json["final"] = figures(state.rows.back());
  json["reported"] = figures(reported_epoch(stopping, state));
  if (stopped_early(stopping, identity, state)) {
    json["stopped_early"] = {{"epoch", state.rows.size()},
                             {"metric", to_word(stopping.metric)},
                             {"patience", stopping.patience}};
  }
}

/// The last link of the chain over the epochs so far; empty before the first.
std::string trail_of(const ProgramInfo& info, const RunIdentity& identity,
                     const TrainingState& state) {
  report::TrailFacts facts{.name = identity.name,
                           .variant = identity.variant,
                           .spec_sha256 = identity.spec_sha256,
                           .data_sha256 = identity.data_sha256,
                           .target = info.target,
                           .number_type = kRealType,
                           .seed = identity.seed,
                           .epochs = identity.epochs,
                           .builds = {}};
  for (const BuildSpan& span : state.builds) {
    facts.builds.push_back({span.from_epoch, Json(span.build).dump()});
  }
  const auto links = report::trail(facts, metrics_csv(state.rows));
  return links.empty() ? "" : links.back();
}

// A spec may hold bytes that are not UTF-8; they must not cost the run its last file.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string identity_json(const ProgramInfo& info, const Split& split, const RunIdentity& identity,
                          const Notes& device) {
  Json json = identity_facts(info, split, identity);
  json["spec"]["sha256"] = info.spec_sha256;
  json["build"] = build_of(info, device);
  if (!device.empty()) json["device"] = device;
  return text_of(json);
}

std::string network_title(const ProgramInfo& info) {
  std::string_view name = info.name;
  const std::string end = fmt::format("_{}", info.variant);
  if (*info.variant == '\0' || !name.ends_with(end)) return std::string(name);
  name.remove_suffix(end.size());
  return fmt::format("{} ({})", name, info.variant);
}

std::string run_json(const RunStatus& status, const RunFacts& facts, const RunIdentity& identity,
                     const TrainingState& state, std::optional<std::uint64_t> saved) {
  const ProgramInfo& info = *facts.info;
  Json json = identity_facts(info, *facts.split, identity);
  json["title"] = facts.title;
  json["status"] = status.word;
  json["saved_step"] = saved ? Json(*saved) : Json();
  json["threads"] = facts.threads;
  json["data"]["mean"] = facts.normalisation.mean;
  json["data"]["std"] = facts.normalisation.std;
  json["parameters"] = elements(info.parameters);
  json["running_statistics"] = elements(info.statistics);
  if (!status.failure.empty()) {
    json["failure"] = {{"message", status.failure}, {"non_finite_loss", status.non_finite}};
  }
  if (!facts.device.empty()) json["device"] = facts.device;
  add_results(json, status, facts, identity, state);
  json["builds"] = Json::parse(to_json(state.builds));
  json["trail"] = trail_of(info, identity, state);
  json["check_sums"] = kCheckSums;
  json["spec"] = {{"path", info.spec_path},
                  {"sha256", info.spec_sha256},
                  {"generate", info.command},
                  {"text", facts.spec_text}};
  return text_of(json);
}

std::optional<RunRecord> parse_run_json(std::string_view text) {
  try {
    check_json(text);
    const Json json = Json::parse(text);
    const Json& spec = json.at("spec");
    RunRecord record{.identity = {.name = json.at("name").get<std::string>(),
                                  .variant = json.at("variant").get<std::string>(),
                                  .spec_sha256 = spec.at("sha256").get<std::string>(),
                                  .data_sha256 = json.at("data").at("sha256").get<std::string>(),
                                  .seed = json.at("seed").get<std::uint64_t>(),
                                  .epochs = json.at("epochs").get<int>()},
                     .spec_text = spec.at("text").get<std::string>()};
    if (json.contains("builds")) record.builds = parse_builds(json["builds"].dump());
    record.saved = !json.contains("saved_step") || !json["saved_step"].is_null();
    record.finished = json.at("status") == "finished" && json.contains("check_sums");
    record.failed_by_loss =
        json.contains("failure") && json["failure"].at("non_finite_loss").get<bool>();
    return record;
  } catch (const JsonError&) {
    return std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace castnet
