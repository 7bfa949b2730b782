#include "train/replay.hpp"

#include <fmt/format.h>

#include "castnet_shared/check_sums.hpp"
#include "castnet_shared/run_files.hpp"
#include "core/from_chars.hpp"
#include "run/checkpoint.hpp"
#include "train/initialise.hpp"
#include "train/loop.hpp"

namespace castnet {
namespace {

/// "weights_sha256 bd41…, in metrics.csv 936c…" of what differs, in the order of the columns.
std::string difference_of(const EpochRow& row, const EpochRow& recorded) {
  if (untimed(row) == untimed(recorded)) return "";
  std::string text = fmt::format("epoch {}", row.epoch);
  const auto compare = [&](const char* column, const std::string& now, const std::string& then) {
    if (now != then) text += fmt::format("; {} {}, metrics.csv has {}", column, now, then);
  };
  const auto figure = [](double value) { return fmt::format("{:.8g}", value); };
  compare("step", std::to_string(row.step), std::to_string(recorded.step));
  compare("lr", figure(row.rate), figure(recorded.rate));
  compare("train_loss", figure(row.train_loss), figure(recorded.train_loss));
  compare("train_accuracy", figure(row.train_accuracy), figure(recorded.train_accuracy));
  compare("test_loss", figure(row.test_loss), figure(recorded.test_loss));
  compare("test_accuracy", figure(row.test_accuracy), figure(recorded.test_accuracy));
  compare("weights_sha256", row.weights_sha256, recorded.weights_sha256);
  return text;
}

/// A number of an epoch; `otherwise` where the text is empty. Nothing if it is none.
std::optional<int> epoch_of(std::string_view text, int otherwise) {
  if (text.empty()) return otherwise;
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto read = from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

/// metrics.csv's. Throws FileError and CheckpointError.
std::vector<EpochRow> recorded_rows(const Folder& folder) {
  try {
    return parse_metrics_csv(read(folder, kMetrics));
  } catch (const MetricsError& error) {
    throw CheckpointError(error.what());
  }
}

}  // namespace

ReplayedRun read_replayed(const std::filesystem::path& path) {
  const Folder folder = Folder::open(path);
  const auto record = parse_run_json(read(folder, kRunJson));
  if (!record) {
    throw CheckpointError(
        fmt::format("{}: damaged, or not a file of a run", (folder / kRunJson.name).string()));
  }
  if (record->finished) {
    for (const std::string& name : changed_files(folder)) {
      throw CheckpointError(
          fmt::format("{} was changed since the run ended; restore it, or make the reports again "
                      "with --resume",
                      (folder / name).string()));
    }
  }
  ReplayedRun run{*record, recorded_rows(folder)};
  if (run.rows.empty()) {
    throw CheckpointError(fmt::format("{}: no epoch was finished", path.string()));
  }
  return run;
}

std::string why_other_run(const RunRecord& record, const RunIdentity& identity) {
  const auto other = [](const char* what, const std::string& then, const std::string& now) {
    return then == now ? ""
                       : fmt::format("its {} is '{:.12}', here it is '{:.12}'", what, then, now);
  };
  const RunIdentity& then = record.identity;
  std::string text = other("name", then.name, identity.name);
  if (text.empty()) text = other("variant", then.variant, identity.variant);
  if (text.empty()) text = other("spec's SHA-256", then.spec_sha256, identity.spec_sha256);
  if (text.empty()) text = other("data's SHA-256", then.data_sha256, identity.data_sha256);
  return text;
}

EpochRange parse_epochs(const std::string& text, std::size_t epochs) {
  const int most = static_cast<int>(epochs);
  const std::size_t colon = text.find(':');
  const std::string_view all = text;
  const auto first = epoch_of(all.substr(0, colon), 1);
  const auto last =
      colon == text.npos ? epoch_of(all, most) : epoch_of(all.substr(colon + 1), most);
  if (first && last && 1 <= *first && *first <= *last && *last <= most) return {*first, *last};
  throw std::runtime_error(
      fmt::format("--epochs '{}' must be A:B, with epochs of the run, from 1 to {}", text, most));
}

ReplayResult replay(Program& program, const Split& split, const ReplayedRun& run,
                    const EpochRange& range, Progress& progress,
                    const std::function<bool()>& stop) {
  ReplayResult result;
  TrainingLoop loop(program, split, run.record.identity, progress);
  initialise(program, run.record.identity.seed);
  const auto all_compared = [&] {
    return !result.difference.empty() ||
           loop.state().rows.size() >= static_cast<std::size_t>(range.last);
  };
  const LoopEvents events{.stop = [&] { return stop() || all_compared(); },
                          .epoch_done =
                              [&](const TrainingState& state, bool) {
                                const EpochRow& row = state.rows.back();
                                if (row.epoch < range.first || row.epoch > range.last) return;
                                ++result.compared;
                                if (result.difference.empty()) {
                                  result.difference =
                                      difference_of(row, run.rows[state.rows.size() - 1]);
                                }
                              }};
  loop.run(events);
  result.interrupted = !all_compared();
  return result;
}

}  // namespace castnet
