#include "reports/differences.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "emit/table.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kColumns = 120;

/// A difference with its sign; empty where there is none.
std::string signed_text(std::int64_t difference) {
  if (difference == 0) return "";
  return (difference > 0 ? "+" : "") + thousands(difference);
}

std::string with_percentage(std::int64_t before, std::int64_t after) {
  std::string text = signed_text(after - before);
  if (text.empty() || before == 0) return text;
  return text + fmt::format(" ({:+.1f} %)", 100.0 * static_cast<double>(after - before) /
                                                static_cast<double>(before));
}

std::string arrow(const std::string& before, const std::string& after) {
  return before == after ? after : before + " → " + after;
}

/// The growth of the receptive field: "+4", or "+4x+6" if the axes differ.
std::string field_growth(const LayerChange& one) {
  const FieldSize before = one.change == Change::added ? FieldSize{0, 0} : one.before.field;
  const FieldSize after = one.change == Change::removed ? FieldSize{0, 0} : one.after.field;
  const int height = after.height - before.height;
  const int width = after.width - before.width;
  return height == width ? signed_text(height) : fmt::format("{:+}x{:+}", height, width);
}

/// The cells that text and Markdown have in common.
std::vector<std::string> cells(const LayerChange& one) {
  const LayerSummary& named = one.change == Change::removed ? one.before : one.after;
  const std::string out = one.change == Change::changed
                              ? arrow(to_text(one.before.out), to_text(one.after.out))
                              : to_text(named.out);
  const char* const mark = one.change == Change::added     ? "+"
                           : one.change == Change::removed ? "-"
                                                           : "~";
  const auto difference = [&](std::int64_t LayerSummary::*member) {
    return signed_text(one.after.*member - one.before.*member);
  };
  return {mark,
          named.name,
          out,
          difference(&LayerSummary::parameters),
          difference(&LayerSummary::norm_parameters),
          difference(&LayerSummary::macs),
          difference(&LayerSummary::activation_bytes),
          field_growth(one)};
}

std::vector<std::string> headings() {
  return {"", "layer", "output", "parameters", "of norms", "MACs", "bytes", "receptive field"};
}

struct Total {
  std::string what;
  std::int64_t before;
  std::int64_t after;
};

std::vector<Total> totals(const Comparison& comparison) {
  std::vector<Total> all;
  for (const Limit& limit : limits()) {
    all.push_back({std::string(limit.unit), (comparison.before.*limit.cost).value,
                   (comparison.after.*limit.cost).value});
  }
  Total norms{"of these the norms'", 0, 0};
  for (const LayerChange& one : comparison.layers) {
    norms.before += one.before.norm_parameters;
    norms.after += one.after.norm_parameters;
  }
  all.insert(all.begin() + 1, norms);
  return all;
}

std::string or_none(const std::string& value) { return value.empty() ? "none" : value; }

/// "3 layers are unchanged: P1, c3, GAP"; without the names if they do not fit.
std::string unchanged(const Comparison& comparison) {
  std::vector<std::string> names;
  for (const LayerChange& one : comparison.layers) {
    if (one.change == Change::none) names.push_back(one.after.name);
  }
  if (names.empty()) return "";
  const std::string count =
      fmt::format("{} layer{} unchanged", names.size(), names.size() == 1 ? " is" : "s are");
  const std::string listed = fmt::format("{}: {}", count, fmt::join(names, ", "));
  return listed.size() <= kColumns ? listed : count;
}

bool has_changes(const Comparison& comparison) {
  return std::ranges::any_of(comparison.layers,
                             [](const auto& one) { return one.change != Change::none; });
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string text_row(const std::vector<std::string>& cells) {
  return trimmed(fmt::format("{:<1} {:<6} {:<25} {:>13} {:>13} {:>17} {:>16} {:>9}", cells[0],
                             cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]));
}

/// The words of a layer below its row, broken at ", " if they are too long.
std::string kind_lines(char mark, const std::string& kind) {
  std::string text;
  std::string line = fmt::format("    {} ", mark);
  for (std::size_t begin = 0; begin < kind.size();) {
    const std::size_t comma = kind.find(", ", begin);
    const std::size_t end = comma == std::string::npos ? kind.size() : comma + 2;
    if (line.size() > 6 && line.size() + (end - begin) > kColumns) {
      text += trimmed(line);
      line = std::string(6, ' ');
    }
    line += kind.substr(begin, end - begin);
    begin = end;
  }
  return text + trimmed(line);
}

std::string text_layers(const Comparison& comparison) {
  std::string text;
  for (const LayerChange& one : comparison.layers) {
    if (one.change == Change::none) continue;
    text += text_row(cells(one));
    if (one.before.kind == one.after.kind) continue;
    if (one.change != Change::added) text += kind_lines('-', one.before.kind);
    if (one.change != Change::removed) text += kind_lines('+', one.after.kind);
  }
  if (text.empty()) return "";
  std::vector<std::string> head = headings();
  std::vector<std::string> above(head.size());
  above.back() = "receptive";
  head.back() = "field";
  return text_row(above) + text_row(head) + text;
}

std::string code(std::string text) {
  std::ranges::replace(text, '`', '\'');
  return '`' + text + '`';
}

/// A cell's text: '|' would end it.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

std::string markdown_row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string markdown_layers(const Comparison& comparison) {
  std::vector<std::string> head = headings();
  head.emplace_back("kind");
  std::string text =
      markdown_row(head) + "| --- | --- | --- | --: | --: | --: | --: | --: | --- |\n";
  for (const LayerChange& one : comparison.layers) {
    if (one.change == Change::none) continue;
    std::vector<std::string> row = cells(one);
    row.push_back(one.change == Change::added     ? one.after.kind
                  : one.change == Change::removed ? one.before.kind
                                                  : arrow(one.before.kind, one.after.kind));
    text += markdown_row(row);
  }
  return text;
}

}  // namespace

std::string to_text(const Comparison& comparison, const Compared& names) {
  std::string text = fmt::format("--- {}\n+++ {}\n", names.before, names.after);
  if (has_changes(comparison)) text += '\n' + text_layers(comparison);
  if (const std::string same = unchanged(comparison); !same.empty()) text += same + '\n';
  text += '\n' + trimmed(fmt::format("{:<26} {:>17} {:>17} {:>28}", "total", "before", "after",
                                     "difference"));
  for (const Total& total : totals(comparison)) {
    text +=
        trimmed(fmt::format("{:<26} {:>17} {:>17} {:>28}", total.what, thousands(total.before),
                            thousands(total.after), with_percentage(total.before, total.after)));
  }
  if (!comparison.settings.empty()) text += '\n';
  for (const SettingChange& one : comparison.settings) {
    text += fmt::format("{}: {} → {}\n", one.key, or_none(one.before), or_none(one.after));
  }
  return text;
}

std::string to_markdown(const Comparison& comparison, const Compared& names) {
  std::string text = fmt::format("### {} → {}\n\n", code(names.before), code(names.after));
  if (has_changes(comparison)) text += markdown_layers(comparison) + '\n';
  if (const std::string same = unchanged(comparison); !same.empty()) text += same + ".\n\n";
  text += "| total | before | after | difference |\n| --- | --: | --: | --: |\n";
  for (const Total& total : totals(comparison)) {
    text += markdown_row({total.what, thousands(total.before), thousands(total.after),
                          with_percentage(total.before, total.after)});
  }
  if (comparison.settings.empty()) return text;
  text += "\n| setting | before | after |\n| --- | --- | --- |\n";
  for (const SettingChange& one : comparison.settings) {
    text +=
        markdown_row({code(one.key), escaped(or_none(one.before)), escaped(or_none(one.after))});
  }
  return text;
}

}  // namespace castnet::codegen
