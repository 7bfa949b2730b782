#include "disturbance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "crash.hpp"
#include "disk.hpp"
#include "results.hpp"

namespace castnet::endurance {
namespace {

namespace fs = std::filesystem;
using Means = Kind::Means;

constexpr int kKilled = 128 + SIGKILL;
constexpr int kRunFailed = 3;
constexpr long kPlenty = 256 * 1024;

bool ends_so(const Ending& ending, std::initializer_list<int> statuses) {
  return std::ranges::find(statuses, ending.status) != statuses.end();
}

/// The lines of what a command said that tell of errors, or the last one.
std::string complaint(const std::string& text) {
  std::istringstream lines(text);
  std::string told;
  std::string last;
  for (std::string line; std::getline(lines, line); last = line) {
    const bool bad = line.find("error") != line.npos || line.find("fail") != line.npos ||
                     line.find("cannot") != line.npos;
    if (bad) told += (told.empty() ? "" : " | ") + line;
  }
  return told.empty() ? last : told;
}

/// What is wrong with the end of the disturbed command; empty if nothing.
std::string wrong_end(const Case& one, const Ending& ending) {
  const Kind& kind = *one.kind;
  if (ending.left > 0) return fmt::format("{} processes outlived it", ending.left);
  if (ending.timed_out) return "it did not end";
  bool fine = false;
  if (kind.means == Means::signal) {
    const bool ignored = ending.status == 0 || ending.status == 128 + kind.value;
    fine = ignored || (kind.value == SIGTERM && ending.status == 128 + SIGINT);
  } else if (kind.kills()) {
    fine = ending.status == (one.scenario->child.empty() ? kKilled : kRunFailed);
  } else if (kind.value == 0) {
    fine = ending.status == 0;
  } else {
    const bool told = ending.output.find(std::strerror(kind.value)) != std::string::npos;
    if (ending.status == kRunFailed && !told) {
      return fmt::format("the error is not told: {}", complaint(ending.output));
    }
    fine = ends_so(ending, {0, kRunFailed});
  }
  if (fine) return {};
  return fmt::format("it ended with status {}: {}", ending.status, complaint(ending.output));
}

/// Does to the stage what the case says, and says what went wrong with that.
std::string disturb(const Places& places, const Case& one) {
  const Scenario& scenario = *one.scenario;
  const Kind& kind = *one.kind;
  if (kind.means == Means::power) {
    Disk disk(places.stage);
    for (long i = 0; i < one.number; ++i) disk.apply(scenario.record[static_cast<std::size_t>(i)]);
    disk.restore(static_cast<Lost>(kind.value));
    return {};
  }
  if (kind.means == Means::fault) {
    std::vector<std::string> fault = {fmt::format("CASTNET_FAULT_DO={}", kind.action),
                                      fmt::format("CASTNET_FAULT_AT={}", one.number)};
    if (kind.value != 0) fault[0] = fmt::format("CASTNET_FAULT_DO={}", kind.value);
    if (kind.always) fault.emplace_back("CASTNET_FAULT_ALWAYS=1");
    return wrong_end(one, run_counted(places, scenario, fault));
  }
  Command command{.arguments = scenario.command, .environment = places.environment};
  if (kind.means == Means::signal) {
    // Ctrl-C goes to all processes of a terminal.
    command.signal =
        Signal{kind.value, std::chrono::microseconds(one.number), kind.value == SIGINT};
    return wrong_end(one, run(command, places.scratch));
  }
  leave_free(places.stage, one.number);
  const Ending ending = run(command, places.scratch);
  leave_free(places.stage, kPlenty);
  return wrong_end(one, ending);
}

/// The disturbed stage, completed in each way.
Outcome complete(const Places& places, const Scenario& scenario) {
  const fs::path left = places.work / "left";
  copy_folder(places.stage, left);
  std::string refusals;
  int completed = 0;
  for (const Completion& completion : scenario.completions) {
    places.set_stage(left);
    const Ending ending =
        run({.arguments = completion.command, .environment = places.environment}, places.scratch);
    if (ending.timed_out || ending.status > 128) {
      return {Verdict::other, fmt::format("the next command ended with status {}", ending.status)};
    }
    if (ending.status != 0) {
      refusals += (refusals.empty() ? "" : " | ") + complaint(ending.output);
      continue;
    }
    if (const std::string found = difference(completion.results, places.stage); !found.empty()) {
      const Verdict verdict = found.ends_with(kLeftOver) ? Verdict::left_over : Verdict::other;
      return {verdict, "the next command is content, but " + found};
    }
    ++completed;
  }
  return completed > 0 ? Outcome{} : Outcome{Verdict::refused, refusals};
}

}  // namespace

bool Kind::kills() const { return action == "kill" || action == "torn" || value == SIGKILL; }

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"kill", Means::fault, "kill"},
      {"torn", Means::fault, "torn"},
      {"short", Means::fault, "short"},
      {"ENOSPC", Means::fault, {}, ENOSPC},
      {"ENOSPC+", Means::fault, {}, ENOSPC, true},
      {"EIO", Means::fault, {}, EIO},
      {"EIO+", Means::fault, {}, EIO, true},
      {"EDQUOT+", Means::fault, {}, EDQUOT, true},
      {"EROFS+", Means::fault, {}, EROFS, true},
      {"lost-data", Means::power, {}, static_cast<int>(Lost::data)},
      {"lost-names", Means::power, {}, static_cast<int>(Lost::names)},
      {"lost-first", Means::power, {}, static_cast<int>(Lost::first)},
      {"full-disk", Means::disk, {}, ENOSPC},
      {"SIGKILL", Means::signal, {}, SIGKILL},
      {"SIGTERM", Means::signal, {}, SIGTERM},
      {"SIGINT", Means::signal, {}, SIGINT}};
  return all;
}

const Kind& kind_named(std::string_view name) {
  const auto found = std::ranges::find(kinds(), name, &Kind::name);
  if (found != kinds().end()) return *found;
  throw std::runtime_error(fmt::format("there is no disturbance '{}'", name));
}

std::string to_text(const Case& one) {
  return fmt::format("{}:{}:{}", one.scenario->name, one.kind->name, one.number);
}

bool applies(const Kind& kind, const Scenario& scenario, bool own_disk) {
  if (kind.means == Means::signal) return true;
  if (kind.means == Means::disk) return own_disk;
  if (scenario.record.empty()) return false;
  // Of several processes the record tells of one alone; and they take seconds.
  return scenario.alone || (kind.means == Means::fault && (kind.kills() || kind.always));
}

long points(const Kind& kind, const Scenario& scenario) {
  const auto calls = static_cast<long>(scenario.record.size());
  return kind.means == Means::power ? calls + 1 : kind.means == Means::fault ? calls : 0;
}

Outcome try_case(const Places& places, const Case& one) {
  places.set_stage(one.scenario->start);
  const std::string wrong = disturb(places, one);
  Outcome outcome = complete(places, *one.scenario);
  if (!wrong.empty() && outcome.verdict == Verdict::same) return {Verdict::other, wrong};
  return outcome;
}

}  // namespace castnet::endurance
