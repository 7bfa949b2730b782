// castnet_endurance: disturbs castnet's commands, and sees that nothing is lost
// (docs/reliability.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>

#include "../runtime/temporary_folder.hpp"
#include "disk.hpp"
#include "disturbance.hpp"

namespace castnet::endurance {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kMostShown = 40;

/// Ctrl-C ends with the table of what was tried.
std::atomic<bool> interrupted = false;

struct Options {
  std::uint64_t seed = std::random_device()();
  double seconds = 0;
  long kills = 0;
  bool all_points = false;
  std::string only;
  std::string one;  ///< a case
};

/// Counts outcomes, and shows those that must not be.
class Tally {
 public:
  /// Paths are shown as they are below `work`.
  explicit Tally(const fs::path& work) : work_(work.string() + '/') {}

  void add(const Case& one, const Outcome& outcome) {
    Row& row = rows_[{one.scenario->name, kind_number(*one.kind)}];
    ++row.cases;
    kills_ += one.kind->kills() ? 1 : 0;
    if (outcome.verdict == Verdict::same) {
      ++row.same;
      ++passed_;
      return;
    }
    ++(outcome.verdict == Verdict::refused     ? row.refused
       : outcome.verdict == Verdict::left_over ? row.left_over
                                               : row.other);
    if (++failed_ > kMostShown) return;
    std::string line = fmt::format("FAILED {}{}: {}\n", to_text(one), place(one), outcome.what);
    for (std::size_t at; (at = line.find(work_)) != std::string::npos;)
      line.erase(at, work_.size());
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
  }

  long kills() const { return kills_; }
  int failed() const { return failed_; }

  void print() const {
    fmt::print(
        "\n| scenario | disturbance | cases | same results | refused | left files | other |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (const auto& [key, row] : rows_) {
      fmt::print("| {} | {} | {} | {} | {} | {} | {} |\n", key.first, kinds()[key.second].name,
                 row.cases, row.same, row.refused, row.left_over, row.other);
    }
    if (failed_ > 0)
      fmt::print("\nA case again: scripts/test_endurance.sh --case SCENARIO:DISTURBANCE:NUMBER\n");
    fmt::print("\n{} of them kills\n{} passed, {} failed\n", kills_, passed_, failed_);
  }

 private:
  struct Row {
    int cases = 0;
    int same = 0;
    int refused = 0;
    int left_over = 0;
    int other = 0;
  };

  static std::size_t kind_number(const Kind& kind) {
    return static_cast<std::size_t>(&kind - kinds().data());
  }

  /// Which call a fault meets.
  static std::string place(const Case& one) {
    const auto& record = one.scenario->record;
    const long call = one.kind->means == Kind::Means::power ? one.number + 1 : one.number;
    if (points(*one.kind, *one.scenario) == 0 || call < 1 || call > std::ssize(record)) return {};
    return fmt::format(" ({})", to_text(record[static_cast<std::size_t>(call - 1)]));
  }

  std::string work_;
  std::map<std::pair<std::string, std::size_t>, Row> rows_;
  int passed_ = 0;
  int failed_ = 0;
  long kills_ = 0;
};

/// Tries cases until it has been long enough.
class Harness {
 public:
  Harness(const Options& options, const Places& places, bool own_disk)
      : options_(options),
        places_(places),
        own_disk_(own_disk),
        random_(options.seed),
        scenarios_(make_scenarios(places, options.only.empty() && !options.one.empty()
                                              ? options.one.substr(0, options.one.find(':'))
                                              : options.only)),
        tally_(places.work) {}

  int run() {
    if (!options_.one.empty()) {
      attempt(case_of(options_.one));
    } else if (options_.all_points) {
      walk();
    } else {
      wander();
    }
    if (interrupted) fmt::print("interrupted\n");
    tally_.print();
    return tally_.failed() == 0 && !interrupted ? 0 : 1;
  }

 private:
  void attempt(const Case& one) { tally_.add(one, try_case(places_, one)); }

  Case case_of(const std::string& text) const {
    const std::size_t first = text.find(':');
    const std::size_t second = text.find(':', first + 1);
    if (second == text.npos) throw std::runtime_error("--case is SCENARIO:DISTURBANCE:NUMBER");
    return {&scenarios_.front(), &kind_named(text.substr(first + 1, second - first - 1)),
            std::stol(text.substr(second + 1))};
  }

  /// Every point of every scenario, disturbed in every way.
  void walk() {
    for (const Scenario& scenario : scenarios_) {
      for (const Kind& kind : kinds()) {
        if (!applies(kind, scenario, own_disk_)) continue;
        const long first = kind.means == Kind::Means::power ? 0 : 1;
        const long number = points(kind, scenario);
        for (long i = 0; i < number && !interrupted; ++i) attempt({&scenario, &kind, first + i});
        if (interrupted) return;
        if (number == 0) continue;
        fmt::print("{} {}: {} points\n", scenario.name, kind.name, number);
        std::fflush(stdout);
      }
    }
  }

  long between(long low, long high) {
    return std::uniform_int_distribution<long>(low, std::max(low, high))(random_);
  }

  /// Any case of the scenario; with --kills one that kills.
  Case draw(const Scenario& scenario) {
    for (;;) {
      const Kind& kind = kinds()[static_cast<std::size_t>(between(0, std::ssize(kinds()) - 1))];
      if (!applies(kind, scenario, own_disk_) || (options_.kills > 0 && !kind.kills())) continue;
      switch (kind.means) {
        case Kind::Means::fault:
          return {&scenario, &kind, between(1, points(kind, scenario))};
        case Kind::Means::power:
          return {&scenario, &kind, between(0, points(kind, scenario) - 1)};
        case Kind::Means::signal:
          return {&scenario, &kind, between(0, scenario.takes.count() * 11 / 10)};
        case Kind::Means::disk:
          return {&scenario, &kind, between(0, scenario.kib * 11 / 10)};
      }
    }
  }

  /// Scenarios in turn: each has its share of the time.
  void wander() {
    const Clock::time_point begin = Clock::now();
    std::map<const Scenario*, Clock::duration> spent;
    for (;;) {
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      if (interrupted) return;
      if (options_.kills > 0 ? tally_.kills() >= options_.kills : seconds >= options_.seconds)
        return;
      const Scenario& scenario = *std::ranges::min_element(
          scenarios_, {}, [&](const Scenario& one) { return spent[&one] / one.share; });
      const Clock::time_point started = Clock::now();
      attempt(draw(scenario));
      spent[&scenario] += Clock::now() - started;
    }
  }

  const Options& options_;
  const Places& places_;
  bool own_disk_;
  std::mt19937_64 random_;
  std::vector<Scenario> scenarios_;
  Tally tally_;
};

int run_harness(const Options& options) {
  adopt_orphans();
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = true; });
  const test::TemporaryFolder folder;
  const Places places(folder.path());
  const OwnDisk disk(places.stage);
  const bool own_disk = disk.mounted();
  if (!own_disk) fmt::print("no own disk may be mounted here: full-disk is left out\n");
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);
  return Harness(options, places, own_disk).run();
}

}  // namespace
}  // namespace castnet::endurance

int main(int argc, char** argv) {
  CLI::App app{"Disturbs castnet's commands, and sees that nothing is lost (docs/reliability.md)."};
  castnet::endurance::Options options;
  app.add_option("--seed", options.seed, "of the cases that are drawn (default: a new one)");
  auto* length = app.add_option_group("length")->require_option(1);
  length->add_option("--seconds", options.seconds, "draw cases for so long");
  length->add_option("--kills", options.kills, "draw cases that kill, until there were so many");
  length->add_flag("--all-points", options.all_points, "every point of every scenario");
  length->add_option("--case", options.one, "one case again: SCENARIO:DISTURBANCE:NUMBER");
  app.add_option("--only", options.only,
                 "one scenario: train, resume, replace, castnet, compare, trainers, report, "
                 "generate or compile");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return castnet::endurance::run_harness(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "castnet_endurance: {}\n", error.what());
    return 2;
  }
}
