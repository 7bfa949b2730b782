// The files of a run directory, as the trainer and the report read them.
#include <memory>
#include <string>
#include <utility>

#include "../runtime/softmax_program.hpp"
#include "../runtime/temporary_folder.hpp"
#include "castnet_shared/sha256.hpp"
#include "readers.hpp"
#include "report/api/castnet_report/comparison.hpp"
#include "report/api/castnet_report/confusion.hpp"
#include "report/api/castnet_report/predictions.hpp"
#include "report/metrics.hpp"
#include "run/checkpoint.hpp"
#include "run/run_directory.hpp"
#include "run/safetensors.hpp"
#include "train/loop.hpp"
#include "train/progress.hpp"

namespace castnet::fuzz {
namespace {

/// A network of three classes on images of 1x2x2.
std::unique_ptr<Program> small_program() {
  test::SoftmaxSetup setup{.batch = 16, .height = 2, .width = 2, .classes = 3};
  setup.recipe.augment = {};
  return std::make_unique<test::SoftmaxProgram>(std::move(setup));
}

DataSet images(std::size_t count) {
  return {1, 2, 2, std::vector<std::uint8_t>(4 * count), std::vector<std::uint8_t>(count)};
}

}  // namespace

void read_safetensors(std::string_view bytes) {
  SafeTensors file = parse_safetensors(bytes, "file");
  require(parse_safetensors(serialise(file), "again").tensors.size() == file.tensors.size());
  const std::unique_ptr<Program> program = small_program();
  // Only a forger knows the check sum, and any forger does.
  if (file.metadata.erase("sha256") > 0) file.metadata["sha256"] = sha256_hex(serialise(file));
  load_weights(file, *program, "file");
  const RunIdentity identity = stored_identity(file, "file");
  TrainingState state = load_state(file, *program, identity, "file");
  const Split split{.name = "",
                    .source = "",
                    .classes = {"a", "b", "c"},
                    .train = images(32),
                    .test = images(16),
                    .sha256 = ""};
  Progress progress(Progress::Style::quiet);
  TrainingLoop(*program, split, identity, progress).restore(std::move(state));
}

void read_metrics(std::string_view bytes) {
  const std::vector<EpochRow> rows = parse_metrics_csv(bytes);
  require(metrics_csv(rows) == metrics_csv(parse_metrics_csv(metrics_csv(rows))));
  report::read_run(bytes, rows.empty() ? "" : rows.back().weights_sha256);
}

void read_predictions(std::string_view bytes) { report::parse_predictions(bytes); }

void read_confusion(std::string_view bytes) {
  const report::Confusion confusion = report::parse_confusion(bytes);
  require(confusion.counts.size() == confusion.classes.size());
  for (const auto& row : confusion.counts) require(row.size() == confusion.classes.size());
}

void read_resumed_json(std::string_view bytes) {
  static const test::TemporaryFolder folder;
  folder.write("run.json", bytes);
  const RunDirectory directory(folder.path());
  directory.record();
}

}  // namespace castnet::fuzz
