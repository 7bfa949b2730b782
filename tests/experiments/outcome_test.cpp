// What a comparison writes: each variant's own figures, seeds and pictures.
#include "experiments/outcome.hpp"

#include <castnet_report/comparison.hpp>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "../runtime/temporary_folder.hpp"
#include "experiments/match.hpp"
#include "experiments/record.hpp"

namespace castnet::codegen {
namespace {

const char* const kText =
    "name: net\ndata: shapes\nlayers: C1:4 P1 GAP c3:10\n"
    "train: {seed: 5}\nvariants:\n  wide: {layers: C1:8 P1 GAP c3:10}\n";

std::vector<Variant> two_variants() {
  const auto all = load_text(kText, "net.yaml", {});
  REQUIRE(all);
  std::vector<Variant> variants;
  for (const Loaded& one : *all) {
    variants.push_back({.label = one.spec.variant.empty() ? "base" : one.spec.variant,
                        .title = "",
                        .loaded = one,
                        .sets = {},
                        .matched_layers = ""});
  }
  return variants;
}

/// A run of two epochs.
report::Run run_of(double first, double last) {
  return {
      {.train_loss = 3, .train_accuracy = 5, .test_loss = 2, .test_accuracy = first, .seconds = 1},
      {.train_loss = 2, .train_accuracy = 15, .test_loss = 1, .test_accuracy = last, .seconds = 2}};
}

TEST_CASE("a comparison's tasks are each variant with each seed from its spec's on",
          "[experiments]") {
  CompareOptions options;
  options.seeds = 2;
  options.grad_cam = true;
  const std::vector<Variant> variants = two_variants();
  const std::vector<Task> tasks = plan_tasks(variants, options, "out");
  std::string text;
  for (const Task& task : tasks) {
    text += task.folder.string() + " " + std::to_string(task.seed) + " " + task.label + ", ";
    CHECK(task.grad_cam);
  }
  CHECK(text ==
        "out/base/seed-5 5 base seed 5, out/wide/seed-5 5 wide seed 5, "
        "out/base/seed-6 6 base seed 6, out/wide/seed-6 6 wide seed 6, ");
  const CompareRecord record = record_of(variants, tasks, 42.5);
  CHECK(record.target == 42.5);
  REQUIRE(record.variants.size() == 2);
  CHECK(record.variants[0].label == "base");
  CHECK(record.variants[1].seeds == std::vector<std::uint64_t>{5, 6});
}

TEST_CASE("a comparison's report has each variant's own figures and links", "[experiments]") {
  const castnet::test::TemporaryFolder temporary;
  const Folder out(temporary / "out");
  const std::vector<Variant> variants = two_variants();
  CompareOptions options;
  options.seeds = 2;
  std::vector<Task> tasks = plan_tasks(variants, options, out.path());
  const report::Run runs[] = {run_of(50, 40), run_of(20, 30), run_of(54, 44), run_of(26, 36)};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].figures = runs[i];
    tasks[i].state = RunState::finished;
  }
  CompareOutcome outcome{out, 45, variants, finished_tasks(tasks, variants), {7, 3}};
  out.write("only_gone.csv", "of an earlier comparison");
  write_report(outcome, {"only_gone.csv", "compare.md"});
  CHECK_FALSE(out.holds("only_gone.csv"));

  // Each mean over its own two runs; the last accuracies' std is the square root of 8, or of 18.
  const std::string csv = out.read("compare.csv", 10'000);
  CHECK(csv.substr(csv.find('\n') + 1) ==
        "base,162,110632,2,52,2.8284271,42,2.8284271,1,0,45,2,1,0,3,0\n"
        "wide,314,221264,2,33,4.2426407,33,4.2426407,1,0,45,0,,,3,0\n");

  using report::Quantity;
  const std::vector<report::Series> series{{"base", {runs[0], runs[2]}, "test"},
                                           {"wide", {runs[1], runs[3]}, "test"}};
  CHECK(out.read("loss.png", 1'000'000) ==
        report::comparison_png("net: loss, mean of 2 seeds, band ± 1 std", Quantity::loss, series));
  CHECK(out.read("accuracy.png", 1'000'000) ==
        report::comparison_png("net: accuracy, mean of 2 seeds, band ± 1 std", Quantity::accuracy,
                               series));

  const std::string page = out.read("compare.md", 10'000);
  const auto holds = [&](const std::string& text) { return page.find(text) != page.npos; };
  CHECK(
      holds("## wide\n\nThe curves of each seed: [seed 5](wide/seed-5/curves.png), "
            "[seed 6](wide/seed-6/curves.png). The images of seed 6:\n\n"
            "![Misclassified test images](wide/seed-6/misclassified.png)\n\n"
            "![Confusion matrix](wide/seed-6/confusion.png)\n"));
  CHECK(holds("only base gets wrong, by the first seed of each: 7 ([list](only_base.csv))"));
  CHECK(holds("only wide gets wrong, by the first seed of each: 3 ([list](only_wide.csv))"));
}

TEST_CASE("matched widths keep to the tolerance and to the variant's own budget", "[experiments]") {
  // The first has 162 parameters, and 10 % of these are 16.
  std::vector<Variant> variants = two_variants();
  REQUIRE(match_variants(variants, {}, 10));
  const std::int64_t matched = costs_of(variants[1]).parameters.value;
  CHECK(matched >= 146);
  CHECK(matched <= 178);
  CHECK(variants[1].matched_layers == "C1:4 P1 GAP c3:10");
  CHECK(variants[0].matched_layers.empty());
  // A budget of any of them is the number for all: 38 for each channel, and 10.
  variants = two_variants();
  variants[1].loaded.spec.budget.parameters = 130;
  REQUIRE(match_variants(variants, {}, 10));
  CHECK(costs_of(variants[0]).parameters.value == 124);
  CHECK(costs_of(variants[1]).parameters.value == 124);
  // 162 would be within the tolerance, but not within the variant's own budget.
  variants = two_variants();
  variants[1].loaded.spec.budget.parameters = 160;
  CHECK_FALSE(match_variants(variants, {}, 10));
}

}  // namespace
}  // namespace castnet::codegen
