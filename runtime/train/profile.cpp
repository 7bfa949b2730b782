#include "train/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <numeric>
#include <stdexcept>

#include "data/augment.hpp"
#include "train/engine.hpp"
#include "train/peak.hpp"
#include "train/schedule.hpp"

namespace castnet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 3;
constexpr double kPeakSeconds = 0.3;
constexpr char kData[] = "data", kUpdate[] = "update";

/// The time that each part of a step takes, by its name.
class StopWatch {
 public:
  using Times = std::map<std::string, std::vector<double>>;  ///< seconds, one a step

  /// Ends the part before; this one goes into `times`.
  void start(Times& times, const char* part) {
    stop();
    current_ = &times[part];
    begin_ = Clock::now();
  }
  void stop() {
    if (current_ == nullptr) return;
    current_->push_back(std::chrono::duration<double>(Clock::now() - begin_).count());
    current_ = nullptr;
  }

 private:
  std::vector<double>* current_ = nullptr;
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

}  // namespace

Profile measure_profile(Program& program, const Split& split, int steps) {
  if (dynamic_cast<Accelerated*>(&program) != nullptr) {
    throw std::runtime_error(
        "--profile measures the cpu target; for a GPU, NVIDIA's nsys measures kernels");
  }
  const ProgramInfo& info = program.info();
  Augmenter augmenter(info, normalisation_of(info, split.train));
  std::vector<std::uint32_t> samples(static_cast<std::size_t>(info.batch));
  StopWatch watch;
  StopWatch::Times forward, backward;
  StopWatch::Times* times = &forward;
  program.set_layer_hook([&](const char* layer) { watch.start(*times, layer); });
  double peak = measure_fma_peak(kPeakSeconds);
  for (int i = 0; i < kWarmUp + steps; ++i) {
    if (i == kWarmUp) {
      forward.clear();
      backward.clear();
    }
    const auto first = static_cast<std::size_t>(i) * samples.size();
    for (std::size_t slot = 0; slot < samples.size(); ++slot) {
      samples[slot] = static_cast<std::uint32_t>((first + slot) % split.train.size());
    }
    const Step step{.seed = info.recipe.seed,
                    .epoch = 0,
                    .number = static_cast<std::uint64_t>(i) + 1,
                    .learning_rate = learning_rate(info.recipe.schedule, 0, {1, 1})};
    watch.start(forward, kData);
    augmenter.fill(program, split.train, samples, step.seed, step.epoch);
    watch.stop();
    times = &forward;
    program.forward(Mode::train, step);
    watch.stop();
    times = &backward;
    program.backward(step);
    watch.start(backward, kUpdate);
    program.update(step);
    watch.stop();
  }
  program.set_layer_hook({});
  peak = std::max(peak, measure_fma_peak(kPeakSeconds));

  Profile profile{.batch = info.batch, .steps = steps, .peak_flops = peak * 1e9, .rows = {}};
  profile.rows.push_back({.name = kData, .forward_seconds = median(forward[kData])});
  for (const LayerInfo& layer : info.layers) {
    profile.rows.push_back({.name = layer.name,
                            .forward_seconds = median(forward[layer.name]),
                            .backward_seconds = median(backward[layer.name]),
                            .forward_flops = 2 * static_cast<double>(layer.forward_macs),
                            .backward_flops = 2 * static_cast<double>(layer.backward_macs),
                            .forward_bytes = static_cast<double>(layer.forward_bytes),
                            .backward_bytes = static_cast<double>(layer.backward_bytes)});
  }
  profile.rows.push_back({.name = kUpdate, .backward_seconds = median(backward[kUpdate])});
  return profile;
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
