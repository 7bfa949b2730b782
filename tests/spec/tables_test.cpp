// The tables of fields: what they say holds of the parser, and docs/spec.md has them as they are.
#include "spec/tables.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include "../approved.hpp"
#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "spec/parse.hpp"

namespace {

using castnet::read_file;
using namespace castnet::codegen;

constexpr char kDocs[] = CASTNET_SOURCE_DIR "/docs/spec.md";

/// The place behind `text`, from `from` on.
std::size_t behind(const std::string& all, const std::string& text, std::size_t from = 0) {
  const std::size_t place = all.find(text, from);
  INFO(text);
  REQUIRE(place != std::string::npos);
  return place + text.size();
}

/// The messages about a spec whose lines `lines` follow what every spec has.
std::string errors_of(const std::string& lines) {
  std::string all;
  const std::string data = lines.find("data: ") == std::string::npos ? "data: cifar10\n" : "";
  const std::string head = "name: x\nlayers: C1:8 GAP F2:10\n" + data;
  for (const Diagnostic& error : parse_spec(head + lines, "spec.yaml").errors) {
    all += error.message + '\n';
  }
  return all;
}

/// The last code span of each row.
std::vector<std::string> examples(const FieldTable& table) {
  std::vector<std::string> found;
  std::istringstream rows(table.text);
  for (std::string row; std::getline(rows, row);) {
    if (!row.ends_with("` |")) continue;
    const std::size_t end = row.size() - 3;
    const std::size_t begin = row.rfind('`', end - 1) + 1;
    found.push_back(row.substr(begin, end - begin));
  }
  return found;
}

const FieldTable& table_of(const std::vector<FieldTable>& tables, const std::string& title) {
  for (const FieldTable& table : tables) {
    if (table.title == title) return table;
  }
  FAIL("no table " << title);
  return tables.front();
}

}  // namespace

TEST_CASE("the examples of the tables are right", "[spec][docs]") {
  std::size_t count = 0;
  for (const FieldTable& table : field_tables()) {
    const bool top = table.title == "Data sets" || table.title == "Norm" ||
                     table.title == "Activation" || table.title == "Dropout" ||
                     table.title == "Budget";
    for (const std::string& example : examples(table)) {
      INFO(example);
      const std::string inner =
          table.title == "Penalties" ? "optimizer: {sgd: {" + example + "}}" : example;
      CHECK(errors_of(top ? inner : "train: {" + inner + "}") == "");
      ++count;
    }
  }
  CHECK(count >= 70);
}

TEST_CASE("what a table says of a field is what the parser does", "[spec][docs]") {
  const auto tables = field_tables();
  const auto has = [&](const std::string& title, const std::string& row) {
    INFO(table_of(tables, title).text);
    CHECK(table_of(tables, title).text.find(row) != std::string::npos);
  };
  has("Schedule", "| `warmup` | one_cycle | number | share of all steps | 0.25 | 0 to below 1 |");
  CHECK(errors_of("train: {schedule: {one_cycle: {warmup: 1}}}") ==
        "'warmup' must be a number from 0 to below 1, not '1'\n");
  has("Schedule", "| `every` | step | integer | epochs | 1 | 1 to 100000 |");
  CHECK(errors_of("train: {schedule: {step: {every: 0}}}") ==
        "'every' must be a whole number from 1 to 100000, not '0'\n");
  has("Schedule", "| `anneal` | one_cycle | word | – | `linear` | `linear`, `cosine` |");
  CHECK(errors_of("train: {schedule: {one_cycle: {anneal: sine}}}") ==
        "unknown anneal 'sine'; did you mean 'cosine'?\n");
  has("Schedule",
      "| required | 1 to 100000; rising, below `epochs` | epochs at which the rate drops |");
  CHECK(errors_of("train: {schedule: multi_step}") ==
        "'multi_step' needs 'milestones: [10, 15]'\n");
  has("Optimizer", "| `momentum` | sgd, muon | number | – | sgd 0, muon 0.95 | 0 to below 1 |");
  has("Optimizer", "| `nesterov` | sgd, muon | `true`, `false` | – | sgd `false`, muon `true` |");
  CHECK(errors_of("train: {optimizer: {sgd: {nesterov: 1}}}") ==
        "'nesterov' must be true or false, not '1'\n");
  has("Optimizer",
      "| `weight_decay` | all | number or mapping | – | 0 | see [Penalties](#penalties) |");
  has("Augment",
      "| `resized_crop` | `area` | list: least, most | share of the image | [0.08, 1] | "
      "above 0 and at most 1 |");
  has("Augment", "| `crop` | `padding` (or the bare number) | integer | pixels | required |");
  has("Augment", "| `flip` | – | word | – | `random` | `random`, `alternating` |");
  has("Augment",
      "| `colour_jitter` | `hue` | number | turns of the colour circle | 0 | 0 to 0.5; ");
  has("Augment", "| `mixup` | – | number | alpha | required | above 0 and at most 1000 |");
  has("Clip", "| `norm` | norm | number | – | required | above 0 and at most 1000000 |");
  has("Train", "| `clip` | word or mapping | – | none | see [Clip](#clip) |");
  has("Train", "| `schedule` | word or mapping | – | `one_cycle` | see [Schedule](#schedule) |");
  has("Early stopping", "| `metric` | word | – | `test_loss` | `test_loss`, `test_accuracy`, ");
  has("Budget", "| `macs` | integer | multiply-adds | none | 1 to 1000000000000000 |");
  has("Data sets", "| `path` | image_folder | text | folder | required |");
  has("Norm", "| `groups` | group | integer | groups | 4 | 1 to 65536; must divide the channels |");
}

TEST_CASE("docs/spec.md has the tables of fields as they are", "[spec][docs]") {
  std::string docs = read_file(kDocs);
  const std::string before = docs;
  for (const FieldTable& table : field_tables()) {
    const std::size_t begin = behind(docs, begin_of(table));
    const std::size_t end = behind(docs, kEndOfTable, begin) - std::string(kEndOfTable).size();
    docs.replace(begin, end - begin, '\n' + table.text + '\n');
  }
  castnet::test::check_approved(kDocs, docs, "spec");
}
