// castnet compare: trains specs and variants side by side, and compares their results.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "castnet_shared/exit_status.hpp"
#include "castnet_shared/folder.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "experiments/identities.hpp"
#include "experiments/match.hpp"
#include "experiments/only_wrong.hpp"
#include "experiments/outcome.hpp"
#include "experiments/record.hpp"
#include "experiments/training.hpp"
#include "programs/variants.hpp"

namespace castnet::codegen {
namespace {

bool is_finished(const Task& task) { return task.state == RunState::finished; }

int compare(CompareOptions options) {
  if (const auto fault = fault_of(options.build)) {
    fmt::print(stderr, "castnet compare: {}\n", *fault);
    return kBadInput;
  }
  auto variants = find_variants(options);
  if (!variants) return kBadInput;
  if (options.match && !match_variants(*variants, options.specs, *options.match)) return kBadInput;
  if (!within_budgets(*variants, options.build.target)) return kCheckFailed;
  auto tools = toolchain_for(options.build);
  if (!tools) return kRunFailed;
  options.tools = *std::move(tools);
  const Folder out(options.out.value_or(
      fmt::format("runs/{}-compare", base_name(variants->front().loaded.spec))));
  if (!out.lock()) {
    throw std::runtime_error(fmt::format(
        "another castnet compare is writing in {}; wait for it, or give another folder with --out",
        out.path().string()));
  }
  const std::vector<std::string> earlier = recorded_files(out);
  std::vector<Task> tasks = plan_tasks(*variants, options, out.path());
  wait_for_writers(tasks);
  const auto identities = ask_identities(*variants, tasks, out, options);
  for (Task& task : tasks) {
    look_at(task, out, (*variants)[task.variant], identities[task.variant]);
  }
  if (!std::ranges::all_of(tasks, is_finished)) remove_files(out, earlier);
  write_record(out, record_of(*variants, tasks, options.target));
  const Trained trained = train_all(out, options, *variants, tasks);
  if (trained.interrupted) {
    fmt::print(stderr, "castnet: interrupted; the same command continues in {}\n",
               out.path().string());
    return kInterrupted;
  }
  CompareOutcome outcome{out, options.target, *variants, finished_tasks(tasks, *variants)};
  const bool drawn = show_only_wrong(outcome, options);
  write_report(outcome, earlier);
  fmt::print("{}pictures: {}/loss.png {}/accuracy.png\n", to_text(rows_of(outcome), options.target),
             out.path().string(), out.path().string());
  return trained.failed == 0 && drawn ? kFine : kRunFailed;
}

}  // namespace

void add_compare(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "compare", "train specs and variants with several seeds, and compare their results");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("SPEC", options->specs.files, "spec files (YAML)")->required();
  add_list(*command, "--variants", options->variants,
           "variants to train; base is the spec itself (default: the "
           "spec and all its variants)")
      ->delimiter(',');
  command
      ->add_option("--seeds", options->seeds,
                   "number of seeds for each variant, counted from train.seed")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  const auto without_percent = [](std::string text) {
    if (text.ends_with('%')) text.pop_back();
    return text;
  };
  command
      ->add_option("--match-parameters", options->match,
                   "change widths until all parameter counts are within this percentage of the "
                   "first variant's count or of the smallest budget, e.g. 1%")
      ->transform(without_percent)
      ->check(CLI::Range(0.0, 100.0));
  command
      ->add_option("--jobs", options->jobs,
                   "number of trainings at a time (default: the number of cores, or one on a GPU)")
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--threads", options->threads,
                   "threads of each training (default: its share of the cores)")
      ->check(thread_count());
  add_target_accuracy(*command, options->target)->capture_default_str();
  command->add_flag("--grad-cam", options->grad_cam, kGradCamHelp);
  command->add_option("--data", options->data, kDataHelp);
  command
      ->add_option("-o,--out", options->out,
                   "folder of the comparison (default: runs/NAME-compare)")
      ->check(not_empty());
  add_target(*command, options->build);
  add_templates(*command, options->specs);
  add_sets(*command, options->specs);
  command->callback([&chosen, options] { chosen = [options] { return compare(*options); }; });
}

}  // namespace castnet::codegen
