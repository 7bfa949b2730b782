#include "reports/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "castnet_shared/words.hpp"
#include "emit/table.hpp"
#include "reports/base64.hpp"
#include "reports/differences.hpp"

namespace castnet::codegen {
namespace {

using nlohmann::ordered_json;
using report::Quantity;

ordered_json to_json(const Table& table, const std::string& caption) {
  ordered_json rows = ordered_json::array();
  for (const std::vector<TableCell>& row : table.rows) {
    ordered_json cells = ordered_json::array();
    for (const TableCell& cell : row) {
      cells.push_back({{"text", cell.text},
                       {"value", cell.value ? ordered_json(*cell.value) : ordered_json()}});
    }
    rows.push_back(std::move(cells));
  }
  return {{"caption", caption}, {"headings", table.headings}, {"rows", std::move(rows)}};
}

/// For each epoch, the band's lower edge, the mean and the band's upper edge. Without a band all
/// three are the mean.
ordered_json curve(const report::Chart& chart, const std::vector<report::Spread>& spreads,
                   bool band) {
  ordered_json values = ordered_json::array();
  for (const report::Spread& one : spreads) {
    const double stds = band ? 1 : 0;
    values.push_back({band_edge(chart, one, -stds), one.mean, band_edge(chart, one, stds)});
  }
  return values;
}

ordered_json to_json(const report::Chart& chart, const std::string& title) {
  ordered_json series = ordered_json::array();
  for (const report::ChartLines& lines : chart.series) {
    series.push_back({{"name", lines.name},
                      {"colour", fmt::format("#{:06x}", lines.colour)},
                      {"mark", lines.mark},
                      {"evaluated", lines.evaluated},
                      {"runs", lines.runs},
                      {"last_train", lines.last_train},
                      {"last_test", lines.last_test},
                      {"train", curve(chart, lines.train, false)},
                      {"test", curve(chart, lines.test, lines.runs > 1)}});
  }
  return {{"title", title},
          {"axis", chart.axis},
          {"shown", chart.shown},
          {"series", std::move(series)}};
}

std::string png_url(const std::string& png) { return "data:image/png;base64," + base64(png); }

/// The number as a run's pictures show it: rounded once.
std::string percent(double value) { return fmt::format("{:.1f} %", value); }

ordered_json to_json(const WrongImage& image) {
  const report::Prediction& one = image.prediction;
  ordered_json percents = ordered_json::array();
  for (const double value : one.probabilities) percents.push_back(percent(100 * value));
  return {{"index", one.index},
          {"true", one.truth},
          {"predicted", one.predicted},
          {"percent", percent(100 * one.probability)},
          {"loss", one.loss},
          {"probabilities", one.probabilities},
          {"percents", std::move(percents)},
          {"image", png_url(image.png)}};
}

ordered_json to_json(const ReportedRun& run, const std::string& label) {
  ordered_json worst = ordered_json::array();
  for (const WrongImage& image : run.worst) worst.push_back(to_json(image));
  ordered_json accuracies = ordered_json::array();
  for (const auto& accuracy : run.confusion.accuracy) {
    accuracies.push_back(accuracy ? percent(*accuracy) : "–");
  }
  return {
      {"label", label},
      {"epoch", run.reported_epoch},
      {"evaluated", std::string(evaluated_word(run.held_out))},
      {"facts", run.facts},
      {"confusion",
       {{"classes", run.confusion.classes},
        {"counts", run.confusion.counts},
        {"accuracy", std::move(accuracies)}}},
      {"worst", std::move(worst)},
      {"heat_maps", run.heat_maps.empty() ? ordered_json() : ordered_json(png_url(run.heat_maps))}};
}

ordered_json to_json(const ReportGroup& group) {
  const ReportedRun& first = group.runs.front();
  ordered_json runs = ordered_json::array();
  for (const ReportedRun& run : group.runs) runs.push_back(to_json(run, run_label(group, run)));
  return {{"label", group.label},
          {"layers",
           first.spec ? ordered_json(layer_cells(first.spec->plans.plan.graph)) : ordered_json()},
          {"variant", first.variant},
          {"sets", first.sets},
          {"spec", first.spec_text},
          {"runs", std::move(runs)}};
}

/// The differences between the first group's spec and each other one.
ordered_json differences(const std::vector<ReportGroup>& groups) {
  ordered_json all = ordered_json::array();
  const ReportedRun& first = groups.front().runs.front();
  for (std::size_t i = 1; i < groups.size(); ++i) {
    const ReportedRun& other = groups[i].runs.front();
    if (!first.spec || !other.spec) continue;
    const Comparison comparison =
        compare(first.spec->spec, first.spec->plans, other.spec->spec, other.spec->plans);
    const Compared names{groups.front().label, groups[i].label};
    all.push_back(
        {{"before", names.before}, {"after", names.after}, {"text", to_text(comparison, names)}});
  }
  return all;
}

/// Says which images the accuracies and losses belong to.
std::string judges(const std::vector<ReportGroup>& groups) {
  const auto held_out = [](const ReportGroup& group) { return group.runs.front().held_out; };
  if (std::ranges::none_of(groups, held_out)) return "the test set's";
  if (std::ranges::all_of(groups, held_out)) return "those of the held-out images";
  return "the test set's, or of a network with hold_out those of the held-out images";
}

ordered_json charts(const std::vector<ReportGroup>& groups) {
  ordered_json all = ordered_json::array();
  for (const Quantity quantity : {Quantity::loss, Quantity::accuracy}) {
    all.push_back(to_json(chart_of(groups, quantity),
                          chart_title(names_of(groups), quantity, most_runs(groups))));
  }
  return all;
}

}  // namespace

std::string report_json(const std::vector<ReportGroup>& groups,
                        const std::vector<std::string>& left_out, double target) {
  ordered_json tables = ordered_json::array();
  if (most_runs(groups) > 1) tables.push_back(to_json(table_of_groups(groups, target), "Variants"));
  tables.push_back(to_json(table_of_runs(groups, target), "Runs"));
  ordered_json all_groups = ordered_json::array();
  for (const ReportGroup& group : groups) all_groups.push_back(to_json(group));
  const ordered_json data{{"names", names_of(groups)},         {"left_out", left_out},
                          {"judges", judges(groups)},          {"tables", std::move(tables)},
                          {"charts", charts(groups)},          {"groups", std::move(all_groups)},
                          {"differences", differences(groups)}};
  std::string text = data.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  // Only a string can contain '<', which could end a script element or begin a comment in it.
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace castnet::codegen
