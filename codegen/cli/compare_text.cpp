#include "cli/compare_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "emit/table.hpp"

namespace castnet::codegen {
namespace {

using report::Spread;
using Cells = std::vector<std::string>;

/// "85.10 ± 0.21", without a deviation for one value, a dash for none.
std::string text_of(const Spread& spread, int decimals) {
  if (spread.count == 0) return "–";
  const std::string mean = fmt::format("{:.{}f}", spread.mean, decimals);
  if (spread.count == 1) return mean;
  return fmt::format("{} ± {:.{}f}", mean, spread.deviation, decimals);
}

/// Says so if only some runs got there.
std::string reached(const report::Results& results) {
  const std::size_t runs = results.last_loss.count;
  const std::string text = text_of(results.epochs_to_target, 1);
  if (results.epochs_to_target.count == 0 || results.epochs_to_target.count == runs) return text;
  return fmt::format("{} ({} of {})", text, results.epochs_to_target.count, runs);
}

std::vector<Cells> cells(const std::vector<ComparedRow>& rows, double target) {
  std::vector<Cells> all{{"variant", "parameters", "MACs", "seeds", "best accuracy (%)",
                          "last accuracy (%)", "last loss", fmt::format("epochs to {} %", target),
                          "seconds"}};
  for (const ComparedRow& row : rows) {
    const report::Results& results = row.results;
    all.push_back({row.label, thousands(row.parameters), thousands(row.macs),
                   fmt::to_string(results.last_loss.count), text_of(results.best_accuracy, 2),
                   text_of(results.last_accuracy, 2), text_of(results.last_loss, 4),
                   reached(results), text_of(results.seconds, 1)});
  }
  return all;
}

/// In characters: a UTF-8 character's further bytes do not count.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Mean and deviation as cells of a CSV file.
Cells csv_cells(const Spread& spread) {
  return {spread.count > 0 ? fmt::format("{:.8g}", spread.mean) : "",
          spread.count > 1 ? fmt::format("{:.8g}", spread.deviation) : ""};
}

}  // namespace

std::string to_text(const std::vector<ComparedRow>& rows, double target) {
  const std::vector<Cells> all = cells(rows, target);
  std::string text;
  for (const Cells& line : all) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      std::size_t widest = 0;
      for (const Cells& other : all) widest = std::max(widest, width(other[i]));
      const std::string blanks(widest - width(line[i]), ' ');
      text += i == 0 ? line[i] + blanks : "  " + blanks + line[i];
    }
    text += '\n';
  }
  return text;
}

std::string to_markdown(const std::vector<ComparedRow>& rows, double target) {
  std::vector<std::string> lines;
  for (const Cells& line : cells(rows, target)) {
    lines.push_back(fmt::format("| {} |\n", fmt::join(line, " | ")));
    if (lines.size() == 1) {
      lines.emplace_back("| --- |");
      for (std::size_t i = 1; i < line.size(); ++i) lines.back() += " ---: |";
      lines.back() += '\n';
    }
  }
  return fmt::format("{}", fmt::join(lines, ""));
}

std::string to_csv(const std::vector<ComparedRow>& rows, double target) {
  std::string text =
      "variant,parameters,macs,seeds,best_accuracy,best_accuracy_deviation,last_accuracy,"
      "last_accuracy_deviation,last_loss,last_loss_deviation,target_accuracy,reached_target,"
      "epochs_to_target,epochs_to_target_deviation,seconds,seconds_deviation\n";
  for (const ComparedRow& row : rows) {
    const report::Results& results = row.results;
    Cells line{row.label, fmt::to_string(row.parameters), fmt::to_string(row.macs),
               fmt::to_string(results.last_loss.count)};
    const auto add = [&](const Spread& spread) {
      for (std::string& cell : csv_cells(spread)) line.push_back(std::move(cell));
    };
    add(results.best_accuracy);
    add(results.last_accuracy);
    add(results.last_loss);
    line.push_back(fmt::format("{}", target));
    line.push_back(fmt::to_string(results.epochs_to_target.count));
    add(results.epochs_to_target);
    add(results.seconds);
    text += fmt::format("{}\n", fmt::join(line, ","));
  }
  return text;
}

}  // namespace castnet::codegen
