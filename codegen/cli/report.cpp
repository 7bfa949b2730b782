// castnet report: one HTML file that shows finished runs.
#include "reports/report.hpp"

#include <fmt/format.h>

#include "castnet_shared/exit_status.hpp"
#include "castnet_shared/file.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "experiments/variants.hpp"
#include "reports/find.hpp"
#include "runs/terminal_text.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::vector<std::string> runs;  ///< run directories, or folders of comparisons
  std::string output = "report.html";
  std::optional<double> target;  ///< accuracy in percent; else the comparison's own
};

int refuse(const std::exception& error) {
  fmt::print(stderr, "castnet report: error: {}\n", on_terminal(error.what()));
  return kBadInput;
}

int report(const ReportOptions& options) {
  std::string page;
  try {
    page = make_report(options.runs, options.target);
  } catch (const ReportError& error) {
    return refuse(error);
  } catch (const FileError& error) {
    return refuse(error);
  }
  std::error_code error;
  if (fs::is_directory(options.output, error)) {
    fmt::print(stderr, "castnet report: error: {} is a folder; give -o the name of a file\n",
               options.output);
    return kBadInput;
  }
  write_file(options.output, page);
  // If the page goes to standard output, nothing else is printed there.
  if (!is_stream(options.output)) fmt::print("{}\n", options.output);
  return kFine;
}

}  // namespace

void add_report(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "report",
      "write one HTML file of finished runs, with curves, tables, errors and differences");
  auto options = std::make_shared<ReportOptions>();
  command
      ->add_option("RUN", options->runs,
                   "run directory, or the folder of a comparison (for all its runs)")
      ->required();
  command->add_option("-o,--out", options->output, "HTML file to write")
      ->check(not_empty())
      ->capture_default_str();
  add_target_accuracy(*command, options->target,
                      fmt::format(" (default: the comparison's, else {})", kTargetAccuracy));
  command->callback([&chosen, options] { chosen = [options] { return report(*options); }; });
}

}  // namespace castnet::codegen
