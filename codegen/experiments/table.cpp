#include "experiments/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "castnet_shared/words.hpp"
#include "emit/table.hpp"

namespace castnet::codegen {
namespace {

using report::Spread;
using Cells = std::vector<std::string>;

/// "85.10 ± 0.21"; without a std for a single value, and a dash for none.
std::string text_of(const Spread& spread, int decimals) {
  if (spread.count == 0) return "–";
  const std::string mean = fmt::format("{:.{}f}", spread.mean, decimals);
  if (spread.count == 1) return mean;
  return fmt::format("{} ± {:.{}f}", mean, spread.std, decimals);
}

/// Adds "(2 of 3)" if only some runs reached the accuracy.
std::string reached(const report::Results& results) {
  const std::size_t runs = results.last_loss.count;
  const std::string text = text_of(results.epochs_to_target, 1);
  if (results.epochs_to_target.count == 0 || results.epochs_to_target.count == runs) return text;
  return fmt::format("{} ({} of {})", text, results.epochs_to_target.count, runs);
}

TableCell cell(std::int64_t number) { return {thousands(number), static_cast<double>(number)}; }

TableCell cell(const Spread& spread, std::string text) {
  if (spread.count == 0) return {std::move(text)};
  return {std::move(text), spread.mean};
}

TableCell cell(const Spread& spread, int decimals) {
  return cell(spread, text_of(spread, decimals));
}

/// The headings, and the texts of each row.
std::vector<Cells> cells(const std::vector<ComparedRow>& rows, double target) {
  const Table table = table_of(rows, target);
  std::vector<Cells> all{table.headings};
  for (const std::vector<TableCell>& row : table.rows) {
    Cells& texts = all.emplace_back();
    for (const TableCell& one : row) texts.push_back(one.text);
  }
  return all;
}

/// The width in characters; the further bytes of a UTF-8 character do not count.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Mean and std as cells of a CSV file.
Cells csv_cells(const Spread& spread) {
  return {spread.count > 0 ? fmt::format("{:.8g}", spread.mean) : "",
          spread.count > 1 ? fmt::format("{:.8g}", spread.std) : ""};
}

}  // namespace

std::string evaluated_images(const Variant& variant) {
  return std::string(evaluated_word(variant.loaded.spec.data.hold_out > 0));
}

Table table_of(const std::vector<ComparedRow>& rows, double target) {
  Table table{{"variant", "parameters", "MACs", "seeds", "best accuracy (%)", "last accuracy (%)",
               "last loss", fmt::format("epochs to {} %", target), "seconds"},
              {}};
  for (const ComparedRow& row : rows) {
    const report::Results& results = row.results;
    table.rows.push_back({{row.label},
                          cell(row.parameters),
                          row.macs ? cell(*row.macs) : TableCell{"–"},
                          cell(static_cast<std::int64_t>(results.last_loss.count)),
                          cell(results.best_accuracy, 2),
                          cell(results.last_accuracy, 2),
                          cell(results.last_loss, 4),
                          cell(results.epochs_to_target, reached(results)),
                          cell(results.seconds, 1)});
  }
  return table;
}

std::string chart_title(const std::string& names, report::Quantity quantity, std::size_t seeds) {
  const std::string over = counted(seeds, "seed");
  return fmt::format("{}: {}, {}", names, quantity == report::Quantity::loss ? "loss" : "accuracy",
                     seeds == 1 ? over : "mean of " + over + ", band ± 1 std");
}

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
      "variant,parameters,macs,seeds,best_accuracy,best_accuracy_std,last_accuracy,"
      "last_accuracy_std,last_loss,last_loss_std,target_accuracy,reached_target,"
      "epochs_to_target,epochs_to_target_std,seconds,seconds_std\n";
  for (const ComparedRow& row : rows) {
    const report::Results& results = row.results;
    Cells line{row.label, fmt::to_string(row.parameters), row.macs ? fmt::to_string(*row.macs) : "",
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
