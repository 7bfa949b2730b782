#include "report/api/castnet_report/trail.hpp"

#include <fmt/format.h>

#include "castnet_shared/sha256.hpp"
#include "report/metrics.hpp"

namespace castnet::report {
namespace {

std::string text_of(const TrailFacts& facts) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", facts.name, facts.variant, facts.spec_sha256,
                     facts.data_sha256, facts.target, facts.number_type, facts.seed, facts.epochs);
}

/// The build of an epoch's end: the last that began with it or before it.
std::string_view build_of(const TrailFacts& facts, int epoch) {
  std::string_view text;
  for (const TrailFacts::Build& build : facts.builds) {
    if (build.from_epoch <= epoch) text = build.text;
  }
  return text;
}

}  // namespace

std::vector<std::string> trail(const TrailFacts& facts, std::string_view metrics_csv) {
  std::vector<std::string> links;
  std::string previous = text_of(facts);
  for (EpochRow row : parse_metrics_csv(metrics_csv)) {
    // Two trainings of the same bits take their own time.
    const std::string_view build = build_of(facts, row.epoch);
    previous = sha256_hex(fmt::format("{}\n{}\n{}", previous, build, untimed(row)));
    links.push_back(previous);
  }
  return links;
}

}  // namespace castnet::report
