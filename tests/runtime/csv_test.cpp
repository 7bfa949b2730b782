// Comma-separated files: names of any bytes come back, and no reader trusts what it reads.
#include "report/csv.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "report/api/castnet_report/confusion.hpp"
#include "report/api/castnet_report/predictions.hpp"
#include "report/metrics.hpp"
#include "report/report.hpp"

using namespace castnet;
using Catch::Contains;

namespace {

constexpr CsvLimits kLimits = {.columns = 3, .rows = 4};

/// Names of classes that a folder, or a file of names, may have.
const std::vector<std::string> kNames = {"cat",
                                         "dog, big",
                                         "\"quoted\"",
                                         "a\"b",
                                         "line\nbreak",
                                         "line\r\nbreak",
                                         "=1+2",
                                         "+1",
                                         "-1",
                                         "--x",
                                         "@SUM(A1)",
                                         "\t=1",
                                         "\r=1",
                                         "\n=1",
                                         "'",
                                         "'tis",
                                         "'=1",
                                         "''=1",
                                         " =1",
                                         "' =1",
                                         " '=1",
                                         "a;=1",
                                         "a;'=1",
                                         "a,=1",
                                         "a\t=1",
                                         "a|=1",
                                         "a\"=1",
                                         "a;\"=1",
                                         "a\n@x",
                                         ";;=1",
                                         "＝1",
                                         "＋1",
                                         "－1",
                                         "＠x",
                                         "é=1",
                                         "",
                                         "=cmd|' /C calc'!A0",
                                         std::string(255, '='),
                                         std::string(255, '\t'),
                                         "a=b",
                                         "a-b",
                                         "trailing "};

/// What spreadsheets would make of a cell, whichever character they separate by: whether one of
/// the parts begins as a formula does.
bool holds_formula(const std::string& cell) {
  for (const char separator : {',', ';', '\t', '|', '\n', '\r'}) {
    std::size_t begin = 0;
    while (begin <= cell.size()) {
      const std::size_t end = std::min(cell.find(separator, begin), cell.size());
      std::string part = cell.substr(begin, end - begin);
      part.erase(0, std::min(part.find_first_not_of(" \"\t\r\n"), part.size()));
      for (const char* first : {"=", "+", "-", "@", "＝", "＋", "－", "＠"}) {
        if (part.starts_with(first)) return true;
      }
      begin = end + 1;
    }
  }
  return false;
}

std::vector<std::vector<std::string>> rows_of(std::string_view text) {
  CsvReader reader(text, kLimits);
  std::vector<std::vector<std::string>> rows;
  while (reader.next()) rows.push_back(reader.cells());
  return rows;
}

std::string last_cells(std::size_t count, const std::string& last) {
  std::string text;
  for (std::size_t i = 1; i < count; ++i) text += "x,";
  return text + last;
}

}  // namespace

TEST_CASE("cells with separators, quotes and line breaks are quoted", "[runtime][csv]") {
  CHECK(csv_cell("cat") == "cat");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("a\"b") == "\"a\"\"b\"");
  CHECK(csv_cell("a\nb") == "\"a\nb\"");
}

TEST_CASE("what a spreadsheet would compute has an apostrophe before it", "[runtime][csv]") {
  CHECK(csv_cell("=1+2") == "'=1+2");
  CHECK(csv_cell("--x") == "'--x");
  CHECK(csv_cell("@x") == "'@x");
  CHECK(csv_cell("'=1") == "''=1");
  CHECK(csv_cell("\t=1") == "\"'\t'=1\"");
  CHECK(csv_cell("a;=1") == "\"a;'=1\"");
  CHECK(csv_cell("'tis a-b=c") == "'tis a-b=c");
  for (const std::string& name : kNames) {
    INFO(name);
    CHECK_FALSE(holds_formula(csv_cell(name)));
  }
  CHECK(holds_formula("=1+2"));
  CHECK(holds_formula("a;=1"));
}

TEST_CASE("every name reads back from every file", "[runtime][csv]") {
  for (const std::string& name : kNames) {
    INFO(name);
    CHECK(rows_of("first," + csv_cell(name) + ",last\n") ==
          std::vector<std::vector<std::string>>{{"first", name, "last"}});
  }
  Split split;
  split.classes = kNames;
  split.test = {.channels = 1, .height = 1, .width = 1, .images = {}, .labels = {}};
  Evaluation evaluation(kNames.size());
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    split.test.images.push_back(0);
    split.test.labels.push_back(static_cast<std::uint8_t>(i));
    evaluation.predicted[i] = static_cast<int>((i + 1) % kNames.size());
  }
  const auto confusion = report::parse_confusion(confusion_csv({split, evaluation}, kNames));
  CHECK(confusion.classes == kNames);
  auto all = predictions(split, evaluation);
  for (auto& one : all) one.probabilities.assign(kNames.size(), 0.5);
  const auto back = report::parse_predictions(report::predictions_csv(all, kNames));
  REQUIRE(back.size() == kNames.size());
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    CHECK(back[i].truth == kNames[i]);
    CHECK(back[i].predicted == kNames[(i + 1) % kNames.size()]);
    CHECK(back[i].probabilities.size() == kNames.size());
  }
}

TEST_CASE("files of earlier castnets and of spreadsheets are read", "[runtime][csv]") {
  CHECK(rows_of("=1,-2\n") == std::vector<std::vector<std::string>>{{"=1", "-2"}});
  CHECK(rows_of("a,b\r\n\"c\",d\r\n") ==
        std::vector<std::vector<std::string>>{{"a", "b"}, {"c", "d"}});
  CHECK(rows_of("a,b\nc,") == std::vector<std::vector<std::string>>{{"a", "b"}, {"c", ""}});
  CHECK(rows_of("").empty());
}

TEST_CASE("a damaged comma-separated file is told with its line", "[runtime][csv]") {
  CHECK_THROWS_WITH(rows_of("a,b\n1\n"), "line 2: 1 cells instead of 2");
  CHECK_THROWS_WITH(rows_of("a\n\"b\nb\"\nc,d\n"), "line 4: 2 cells instead of 1");
  CHECK_THROWS_WITH(rows_of("a\n\"b\n"), "line 2: a quoted cell that does not end");
  CHECK_THROWS_WITH(rows_of("a\nb\"c\"\n"), Contains("line 2: a quote within a cell"));
  CHECK_THROWS_WITH(rows_of("\"a\"b\n"), "line 1: text behind a quoted cell");
  CHECK_THROWS_WITH(rows_of("a,b,c,d\n"), Contains("line 1: more than the 3 cells"));
  CHECK_THROWS_WITH(rows_of("a\na\na\na\na\n"), Contains("line 5: more than the 4 rows"));
  const std::string longest(4096, 'x');
  CHECK(rows_of(longest).at(0).at(0) == longest);
  CHECK_THROWS_WITH(rows_of("a\n" + longest + "x"), "line 2: a cell of over 4096 bytes");
  CHECK_THROWS_WITH(rows_of("\"" + longest + "x\""), "line 1: a cell of over 4096 bytes");
}

TEST_CASE("a number that is none is told with its cell, whatever it holds", "[runtime][csv]") {
  const std::string text = "1,-1,\033[2J" + std::string(1000, 'x');
  CsvReader reader(text, kLimits);
  REQUIRE(reader.next());
  CHECK(reader.number<int>(0) == 1);
  CHECK_THROWS_WITH(reader.number<std::size_t>(1),
                    "line 1: cell 2: '-1' is no number of this column");
  CHECK_THROWS_WITH(reader.number<float>(2), "line 1: cell 3: '?[2J" + std::string(36, 'x') +
                                                 "…' is no number of this column");
  CsvReader infinite("inf,nan", kLimits);
  REQUIRE(infinite.next());
  CHECK_THROWS_WITH(infinite.number<float>(0), "line 1: cell 1: 'inf' is not finite");
  CHECK_THROWS_WITH(infinite.number<double>(1), "line 1: cell 2: 'nan' is not finite");
}

TEST_CASE("a row of metrics ends with the hash of weights", "[runtime][csv]") {
  const auto parse = [](const std::string& hash) {
    return parse_metrics_csv(metrics_csv({{.epoch = 1, .step = 2, .weights_sha256 = hash}}));
  };
  CHECK(parse(std::string(64, 'f')).size() == 1);
  for (const std::string& hash :
       {std::string(63, 'f'), std::string(64, 'F'), std::string(63, 'f') + '\0'}) {
    CHECK_THROWS_WITH(parse(hash), Contains("line 2: cell 10: ") &&
                                       Contains("is no SHA-256 of 64 hexadecimal digits"));
  }
}

TEST_CASE("a list of predictions is bounded", "[runtime][csv]") {
  const std::string header = "index,true,predicted,probability,loss";
  const std::string row = "\n0,a,b,0.5,1";
  CHECK(report::parse_predictions(header + row + row, 2).size() == 2);
  CHECK_THROWS_WITH(report::parse_predictions(header + row + row + row, 2),
                    "line 4: more than the 3 rows that are read");
  std::string classes;
  for (int i = 0; i <= 256; ++i) classes += ",c";
  CHECK_THROWS_WITH(report::parse_predictions(header + classes), Contains("line 1: more than the"));
  CHECK_THROWS_WITH(report::parse_predictions(header + "\n0,a,b,nan,1"),
                    Contains("line 2: cell 4: 'nan' is not finite"));
  CHECK_THROWS_WITH(report::parse_predictions(header + "\n0,a,b,0.5,1e39"), Contains("line 2"));
}

TEST_CASE("a confusion matrix is bounded, and its rows are the columns'", "[runtime][csv]") {
  CHECK_THROWS_WITH(report::parse_confusion("true," + last_cells(257, "x,accuracy")),
                    Contains("line 1: more than the 258 cells"));
  const auto parse = [](const std::string& rows) {
    return report::parse_confusion("true,a,b,accuracy\n" + rows);
  };
  CHECK(parse("a,4294967295,4294967295,50\nb,0,0,\n").accuracy ==
        std::vector<std::optional<double>>{50.0, std::nullopt});
  CHECK_THROWS_WITH(parse("a,18446744073709551615,1,0\nb,0,0,\n"), Contains("line 2: cell 2"));
  CHECK_THROWS_WITH(parse("b,1,1,50\na,1,1,50\n"), Contains("line 2: is not the row of class 1"));
  CHECK_THROWS_WITH(parse("a,1,1,50\n"), "line 2: ends with 1 rows for 2 classes");
  CHECK_THROWS_WITH(parse("a,1,1,50\nb,1,1,50\nc,1,1,50\n"), Contains("line 4: a row after"));
}
