// A comparison's tables: each figure in its own cell, by hand.
#include "experiments/table.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "../catch.hpp"

namespace castnet::codegen {
namespace {

/// Figures that are all unlike: two variants, of which the second has one run that got to the
/// target of three.
std::vector<ComparedRow> two_rows() {
  report::Results first;
  first.best_accuracy = {81.5, 0.25, 2};
  first.last_accuracy = {80.125, 1.5, 2};
  first.last_loss = {0.625, 0.03125, 2};
  first.epochs_to_target = {7.5, 2.5, 2};
  first.seconds = {123.4, 5.6, 2};
  report::Results second;
  second.best_accuracy = {64.25, 3.5, 3};
  second.last_accuracy = {60, 4.75, 3};
  second.last_loss = {1.5, 0.25, 3};
  second.epochs_to_target = {9, 0, 1};
  second.seconds = {98.7, 4.5, 3};
  return {{"batch", 1234, 567890, first}, {"layer", 4321, std::nullopt, second}};
}

/// A variant without a finished run, and one with a single one.
std::vector<ComparedRow> none_and_one() {
  report::Results one;
  one.best_accuracy = {70, 0, 1};
  one.last_accuracy = {69.5, 0, 1};
  one.last_loss = {0.75, 0, 1};
  one.epochs_to_target = {4, 0, 1};
  one.seconds = {12, 0, 1};
  return {{"none", 10, 20, {}}, {"one", 30, 40, one}};
}

TEST_CASE("compare.csv has each mean and std in its own column", "[experiments]") {
  CHECK(to_csv(two_rows(), 72.5) ==
        "variant,parameters,macs,seeds,best_accuracy,best_accuracy_std,last_accuracy,"
        "last_accuracy_std,last_loss,last_loss_std,target_accuracy,reached_target,"
        "epochs_to_target,epochs_to_target_std,seconds,seconds_std\n"
        "batch,1234,567890,2,81.5,0.25,80.125,1.5,0.625,0.03125,72.5,2,7.5,2.5,123.4,5.6\n"
        "layer,4321,,3,64.25,3.5,60,4.75,1.5,0.25,72.5,1,9,,98.7,4.5\n");
  const std::string text = to_csv(none_and_one(), 70);
  CHECK(text.substr(text.find('\n') + 1) ==
        "none,10,20,0,,,,,,,70,0,,,,\none,30,40,1,70,,69.5,,0.75,,70,1,4,,12,\n");
}

TEST_CASE("a comparison's table has each figure under its heading", "[experiments]") {
  CHECK(to_markdown(two_rows(), 72.5) ==
        "| variant | parameters | MACs | seeds | best accuracy (%) | last accuracy (%) | last loss "
        "| epochs to 72.5 % | seconds |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| batch | 1,234 | 567,890 | 2 | 81.50 ± 0.25 | 80.12 ± 1.50 | 0.6250 ± 0.0312 | "
        "7.5 ± 2.5 | 123.4 ± 5.6 |\n"
        "| layer | 4,321 | – | 3 | 64.25 ± 3.50 | 60.00 ± 4.75 | 1.5000 ± 0.2500 | 9.0 (1 of 3) | "
        "98.7 ± 4.5 |\n");
  const std::string text = to_markdown(none_and_one(), 70);
  CHECK(
      text.ends_with("| none | 10 | 20 | 0 | – | – | – | – | – |\n"
                     "| one | 30 | 40 | 1 | 70.00 | 69.50 | 0.7500 | 4.0 | 12.0 |\n"));
}

TEST_CASE("cells are sorted by means, and have none where there is none", "[experiments]") {
  const Table table = table_of(two_rows(), 72.5);
  const auto values = [&](std::size_t row) {
    std::vector<double> found;
    for (const TableCell& cell : table.rows.at(row)) found.push_back(cell.value.value_or(-1));
    return found;
  };
  CHECK(values(0) == std::vector<double>{-1, 1234, 567890, 2, 81.5, 80.125, 0.625, 7.5, 123.4});
  CHECK(values(1) == std::vector<double>{-1, 4321, -1, 3, 64.25, 60, 1.5, 9, 98.7});
  const Table none = table_of(none_and_one(), 70);
  for (const TableCell& cell : none.rows.front()) {
    CHECK(cell.value.has_value() == (cell.text == "10" || cell.text == "20" || cell.text == "0"));
  }
}

TEST_CASE("the table for a terminal has columns of one width", "[experiments]") {
  const std::string text = to_text(two_rows(), 72.5);
  CHECK(text ==
        "variant  parameters     MACs  seeds  best accuracy (%)  last accuracy (%)        last loss"
        "  epochs to 72.5 %      seconds\n"
        "batch         1,234  567,890      2       81.50 ± 0.25       80.12 ± 1.50  0.6250 ± 0.0312"
        "         7.5 ± 2.5  123.4 ± 5.6\n"
        "layer         4,321        –      3       64.25 ± 3.50       60.00 ± 4.75  1.5000 ± 0.2500"
        "      9.0 (1 of 3)   98.7 ± 4.5\n");
}

TEST_CASE("a chart's title says of how many seeds it is", "[experiments]") {
  CHECK(chart_title("net", report::Quantity::loss, 1) == "net: loss, 1 seed");
  CHECK(chart_title("net", report::Quantity::accuracy, 3) ==
        "net: accuracy, mean of 3 seeds, band ± 1 std");
}

}  // namespace
}  // namespace castnet::codegen
