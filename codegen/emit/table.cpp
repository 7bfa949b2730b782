#include "emit/table.hpp"

#include <fmt/format.h>

#include "analysis/summary.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kKindColumn = 65;

/// Breaks "a, b, c" so that no line is longer than `width`, continued in the column `kKindColumn`;
/// what is too long for a line of its own, before a bracket.
std::string wrapped(const std::string& kind, std::size_t width) {
  std::string out;
  std::size_t line = 0;
  std::size_t begin = 0;
  while (begin < kind.size()) {
    const std::size_t comma = kind.find(", ", begin);
    std::size_t end = comma == std::string::npos ? kind.size() : comma + 2;
    std::size_t unseen = comma == std::string::npos ? 0 : 1;  // the space behind the comma
    const std::size_t bracket = kind.rfind(" (", begin + width);
    if (end - begin > width + unseen && bracket != std::string::npos && bracket > begin) {
      end = bracket + 1;
      unseen = 1;
    }
    if (line > 0 && line + (end - begin) > width + unseen) {
      out.pop_back();
      out += '\n' + std::string(kKindColumn, ' ');
      line = 0;
    }
    out += kind.substr(begin, end - begin);
    line += end - begin;
    begin = end;
  }
  return out;
}

std::vector<std::string> cells(const LayerSummary& layer, const std::string& out,
                               const std::string& field) {
  return {layer.name,
          out,
          field,
          thousands(layer.parameters),
          thousands(layer.macs),
          thousands(layer.activation_bytes),
          layer.kind};
}

/// Where norms hold more than a quarter of the parameters: how many, and how many they need.
std::string norm_note(const Graph& graph, const LayerSummary& sum, std::size_t width) {
  if (sum.norm_parameters * 4 <= sum.parameters) return "";
  const std::string note = fmt::format(
      "norms: {} of {} parameters ({:.0f} %) are the norms' scale and shift",
      thousands(sum.norm_parameters), thousands(sum.parameters),
      100.0 * static_cast<double>(sum.norm_parameters) / static_cast<double>(sum.parameters));
  const std::int64_t by_channel = norm_parameters_by_channel(graph);
  if (by_channel == sum.norm_parameters) return note + '\n';
  const std::string other = fmt::format("affine: channel would take {}", thousands(by_channel));
  const bool fits = note.size() + other.size() + 2 <= width;
  return note + (fits ? "; " : ";\n       ") + other + '\n';
}

}  // namespace

std::string thousands(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > (value < 0 ? 1 : 0);
       place -= 3) {
    digits.insert(static_cast<std::size_t>(place), ",");
  }
  return digits;
}

std::vector<std::vector<std::string>> layer_cells(const Graph& graph) {
  const std::vector<LayerSummary> layers = summarise(graph);
  std::vector<std::vector<std::string>> rows{
      {"layer", "output", "receptive field", "parameters", "MACs", "bytes", "kind"}};
  for (const LayerSummary& layer : layers) {
    rows.push_back(cells(layer, to_text(layer.out), to_text(layer.field)));
  }
  LayerSummary sum = total(layers);
  sum.kind =
      sum.statistics > 0 ? fmt::format("and {} running statistics", thousands(sum.statistics)) : "";
  rows.push_back(cells(sum, "", ""));
  return rows;
}

std::string layer_table(const Graph& graph, std::size_t width) {
  std::vector<std::vector<std::string>> rows = layer_cells(graph);
  rows[0][2] = "field";
  rows.insert(rows.begin(), {"", "", "receptive", "", "", "", ""});
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line =
        fmt::format("{:<6} {:>10} {:>9} {:>11} {:>11} {:>11}  {}", row[0], row[1], row[2], row[3],
                    row[4], row[5], wrapped(row[6], width - kKindColumn));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text + norm_note(graph, total(summarise(graph)), width);
}

}  // namespace castnet::codegen
