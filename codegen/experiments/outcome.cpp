#include "experiments/outcome.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "experiments/record.hpp"
#include "programs/variants.hpp"
#include "runs/files.hpp"

namespace castnet::codegen {
namespace {

using report::Quantity;

/// The names of the compared specs: "cifar10" or "cifar10, mnist".
std::string names(const CompareOutcome& outcome) {
  std::vector<std::string> all;
  for (const Variant& variant : outcome.variants) {
    const std::string name = base_name(variant.loaded.spec);
    if (std::ranges::find(all, name) == all.end()) all.push_back(name);
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

/// The most seeds of a variant.
std::size_t seeds(const CompareOutcome& outcome) {
  std::size_t most = 0;
  for (const Finished& finished : outcome.finished) most = std::max(most, finished.tasks.size());
  return most;
}

std::string chart(const CompareOutcome& outcome, Quantity quantity) {
  std::vector<report::Series> series;
  for (std::size_t i = 0; i < outcome.variants.size(); ++i) {
    series.push_back({outcome.variants[i].label, outcome.finished[i].figures,
                      evaluated_images(outcome.variants[i])});
  }
  return report::comparison_png(chart_title(names(outcome), quantity, seeds(outcome)), quantity,
                                series);
}

/// A variant's own part of compare.md; links are relative to it.
std::string section(const CompareOutcome& outcome, std::size_t index) {
  const Variant& variant = outcome.variants[index];
  std::string text = fmt::format("\n## {}\n\n", variant.label);
  if (!variant.matched_layers.empty()) {
    text += fmt::format("Layers, with matched widths: `{}`\n\n", variant.matched_layers);
  }
  const auto& tasks = outcome.finished[index].tasks;
  if (tasks.empty()) return text + "No run has finished.\n";
  std::vector<std::string> links;
  const auto link = [&](const Task& task, const char* file) {
    return (task.folder / file).lexically_relative(outcome.out.path()).generic_string();
  };
  for (const Task* task : tasks) {
    links.push_back(fmt::format("[seed {}]({})", task->seed, link(*task, "curves.png")));
  }
  const Task& last = *tasks.back();
  const std::string evaluated = evaluated_images(variant);
  const auto folder = find_run(outcome.out, variant, last);
  const bool maps = folder && folder->holds(kHeatMaps.name);
  text += fmt::format(
      "The curves of each seed: {}. The images of seed {}:\n\n![Misclassified {} "
      "images{}]({})\n\n![Confusion matrix]({})\n",
      fmt::join(links, ", "), last.seed, evaluated, maps ? ", and where the network looked" : "",
      link(last, maps ? kHeatMaps.name : "misclassified.png"), link(last, "confusion.png"));
  if (const auto only = outcome.only_wrong[index]) {
    text += fmt::format(
        "\nThe {2} images that only {0} gets wrong, by the first seed of each: {1} "
        "([list](only_{0}.csv)).\n\n![The {2} images that only {0} gets wrong](only_{0}.png)\n",
        variant.label, *only, evaluated);
  }
  return text;
}

std::string page(const CompareOutcome& outcome) {
  std::string text = fmt::format(
      "# {}\n\n{}\nMeans over the seeds, ± the sample std. Losses are in nats per image, and "
      "seconds are those of the training steps.\n\n![Loss over the epochs](loss.png)\n\n![Accuracy "
      "over the epochs](accuracy.png)\n",
      names(outcome), to_markdown(rows_of(outcome), outcome.target));
  for (std::size_t i = 0; i < outcome.variants.size(); ++i) text += section(outcome, i);
  return text;
}

}  // namespace

std::vector<ComparedRow> rows_of(const CompareOutcome& outcome) {
  std::vector<ComparedRow> rows;
  for (std::size_t i = 0; i < outcome.variants.size(); ++i) {
    const Variant& variant = outcome.variants[i];
    const Costs costs = costs_of(variant);
    rows.push_back({variant.label, costs.parameters.value, costs.macs.value,
                    report::results(outcome.finished[i].figures, outcome.target)});
  }
  return rows;
}

void write_report(const CompareOutcome& outcome, const std::vector<std::string>& earlier) {
  std::vector<std::string> labels;  // of those with a list of their own
  for (std::size_t i = 0; i < outcome.variants.size(); ++i) {
    if (outcome.only_wrong[i]) labels.push_back(outcome.variants[i].label);
  }
  std::vector<std::string> stale = earlier;
  const std::vector<std::string> current = files_of(labels);
  std::erase_if(stale, [&](const std::string& name) {
    return std::ranges::find(current, name) != current.end();
  });
  remove_files(outcome.out, stale);
  outcome.out.write("loss.png", chart(outcome, Quantity::loss));
  outcome.out.write("accuracy.png", chart(outcome, Quantity::accuracy));
  outcome.out.write(kCompareTable.name, to_csv(rows_of(outcome), outcome.target));
  outcome.out.write("compare.md", page(outcome));
}

}  // namespace castnet::codegen
