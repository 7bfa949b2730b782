#include "train/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <stdexcept>

#include "core/threads.hpp"
#include "data/augment.hpp"
#include "train/engine.hpp"
#include "train/peak.hpp"
#include "train/schedule.hpp"

namespace castnet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 3;
constexpr double kPeakSeconds = 0.3;
constexpr char kData[] = "data", kWaiting[] = "waiting", kUpdate[] = "update";

/// The present work of a thread, and its start.
class StopWatch {
 public:
  using Times = std::map<std::string, double>;  ///< seconds

  /// Ends the part before; this one counts for `times`.
  void start(Times& times, const char* part) {
    stop();
    current_ = &times[part];
    begin_ = Clock::now();
  }
  void stop() {
    if (current_ == nullptr) return;
    *current_ += std::chrono::duration<double>(Clock::now() - begin_).count();
    current_ = nullptr;
  }

 private:
  double* current_ = nullptr;
  Clock::time_point begin_;
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

ProfileRow sum(const std::vector<ProfileRow>& rows) {
  ProfileRow total{.name = "total"};
  for (const ProfileRow& row : rows) {
    total.forward_seconds += row.forward_seconds;
    total.backward_seconds += row.backward_seconds;
    total.forward_flops += row.forward_flops;
    total.backward_flops += row.backward_flops;
    total.forward_bytes += row.forward_bytes;
    total.backward_bytes += row.backward_bytes;
  }
  return total;
}

double seconds(const ProfileRow& row) { return row.forward_seconds + row.backward_seconds; }

/// "-" where there is nothing to divide.
std::string rate(double amount, double time, double unit) {
  return amount > 0 && time > 0 ? fmt::format("{:.1f}", amount / time / unit) : "-";
}

std::string milliseconds(double time) { return time > 0 ? fmt::format("{:.3f}", 1e3 * time) : "-"; }

std::string to_text(const ProfileRow& row, double total, double peak) {
  const double flops = row.forward_flops + row.backward_flops;
  const std::string of_peak =
      flops > 0 ? fmt::format("{:.0f} %", 100 * flops / (seconds(row) * peak)) : "-";
  return fmt::format(
      "{:<8}{:>10}{:>10}{:>8} {:>11}{:>10}{:>8} {:>8}{:>9}\n", row.name,
      milliseconds(row.forward_seconds), rate(row.forward_flops, row.forward_seconds, 1e9),
      rate(row.forward_bytes, row.forward_seconds, 1e9), milliseconds(row.backward_seconds),
      rate(row.backward_flops, row.backward_seconds, 1e9),
      rate(row.backward_bytes, row.backward_seconds, 1e9),
      fmt::format("{:.1f} %", 100 * seconds(row) / total), of_peak);
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Trains on batches in the order of the data set.
class Steps {
 public:
  Steps(Program& program, const Split& split)
      : program_(program),
        split_(split),
        augmenter_(program.info(), normalisation_of(program.info(), split.train)),
        samples_(static_cast<std::size_t>(program.info().batch)),
        threads_(static_cast<std::size_t>(thread_count())) {
    program_.set_layer_hook([this](const char* layer) {
      Thread& thread = threads_[static_cast<std::size_t>(thread_number())];
      if (layer != nullptr) {
        thread.watch.start(thread.times, layer);
      } else {
        thread.watch.stop();
      }
    });
  }
  ~Steps() { program_.set_layer_hook({}); }
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  void run(int number);
  void forget() {
    forward_.clear();
    backward_.clear();
  }
  std::vector<ProfileRow> rows();

 private:
  struct Thread {
    StopWatch watch;
    StopWatch::Times times;
  };
  using Samples = std::map<std::string, std::vector<double>>;  ///< seconds, one a step

  template <class Pass>
  void measure(Samples& samples, const Pass& pass);

  Program& program_;
  const Split& split_;
  Augmenter augmenter_;
  std::vector<std::uint32_t> samples_;
  std::vector<Thread> threads_;
  Samples forward_, backward_;
};

/// A layer's time is the threads' mean: the times add up to what the pass takes, with the time in
/// which threads wait for one another.
template <class Pass>
void Steps::measure(Samples& samples, const Pass& pass) {
  for (Thread& thread : threads_) thread.times.clear();
  const auto begin = Clock::now();
  pass();
  double waiting = seconds_since(begin);
  for (const LayerInfo& layer : program_.info().layers) {
    double sum = 0;
    for (Thread& thread : threads_) sum += thread.times[layer.name];
    const double mean = sum / static_cast<double>(threads_.size());
    samples[layer.name].push_back(mean);
    waiting -= mean;
  }
  samples[kWaiting].push_back(std::max(waiting, 0.0));
}

/// The step with this number, from 0.
void Steps::run(int number) {
  const Recipe& recipe = program_.info().recipe;
  const auto first = static_cast<std::size_t>(number) * samples_.size();
  for (std::size_t slot = 0; slot < samples_.size(); ++slot) {
    samples_[slot] = static_cast<std::uint32_t>((first + slot) % split_.train.size());
  }
  const Step step{.seed = recipe.seed,
                  .epoch = 0,
                  .number = static_cast<std::uint64_t>(number) + 1,
                  .learning_rate = learning_rate(recipe.schedule, 0, {1, 1})};
  const auto data = Clock::now();
  augmenter_.fill(program_, split_.train, samples_, step.seed, step.epoch);
  forward_[kData].push_back(seconds_since(data));
  measure(forward_, [&] { program_.forward(Mode::train, step); });
  measure(backward_, [&] { program_.backward(step); });
  const auto update = Clock::now();
  program_.update(step);
  backward_[kUpdate].push_back(seconds_since(update));
}

std::vector<ProfileRow> Steps::rows() {
  std::vector<ProfileRow> rows{{.name = kData, .forward_seconds = median(forward_[kData])}};
  for (const LayerInfo& layer : program_.info().layers) {
    rows.push_back({.name = layer.name,
                    .forward_seconds = median(forward_[layer.name]),
                    .backward_seconds = median(backward_[layer.name]),
                    .forward_flops = 2 * static_cast<double>(layer.forward_macs),
                    .backward_flops = 2 * static_cast<double>(layer.backward_macs),
                    .forward_bytes = static_cast<double>(layer.forward_bytes),
                    .backward_bytes = static_cast<double>(layer.backward_bytes)});
  }
  rows.push_back({.name = kWaiting,
                  .forward_seconds = median(forward_[kWaiting]),
                  .backward_seconds = median(backward_[kWaiting])});
  rows.push_back({.name = kUpdate, .backward_seconds = median(backward_[kUpdate])});
  return rows;
}

}  // namespace

Profile measure_profile(Program& program, const Split& split, int steps) {
  if (dynamic_cast<Accelerated*>(&program) != nullptr) {
    throw std::runtime_error(
        "--profile measures the cpu target; for a GPU, NVIDIA's nsys measures kernels");
  }
  const double before = measure_fma_peak(kPeakSeconds);
  Steps measured(program, split);
  for (int i = 0; i < kWarmUp; ++i) measured.run(i);
  measured.forget();
  for (int i = kWarmUp; i < kWarmUp + steps; ++i) measured.run(i);
  const double peak = std::max(before, measure_fma_peak(kPeakSeconds));
  return {.batch = program.info().batch,
          .steps = steps,
          .peak_flops = peak * 1e9,
          .rows = measured.rows()};
}

std::string to_text(const Profile& profile) {
  const ProfileRow total = sum(profile.rows);
  const double step = seconds(total);
  std::string text =
      fmt::format("{:<8}{:>10}{:>10}{:>8} {:>11}{:>10}{:>8} {:>8}{:>9}\n", "layer", "forward ms",
                  "GFLOP/s", "GB/s", "backward ms", "GFLOP/s", "GB/s", "share", "of peak");
  for (const ProfileRow& row : profile.rows) text += to_text(row, step, profile.peak_flops);
  text += to_text(total, step, profile.peak_flops);
  const auto longest = std::ranges::max_element(profile.rows, {}, seconds);
  return text +
         fmt::format(
             "{:.0f} images/s; batch {}, medians of {} steps; peak {:.0f} GFLOP/s; most time "
             "in {}\n",
             profile.batch / step, profile.batch, profile.steps, profile.peak_flops * 1e-9,
             longest->name);
}

}  // namespace castnet
