// A hand-written Program for the tests of the training loop: softmax regression, SGD with momentum,
// one running statistic and optional averages, over batch-interleaved images.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/program.hpp"
#include "kernels/cpu/optimizer.hpp"

namespace castnet::test {

/// Shapes and recipe of a SoftmaxProgram.
struct SoftmaxSetup {
  const char* data_set = "shapes_gray";
  int batch = 32;
  int channels = 1, height = 28, width = 28;
  int classes = 10;
  std::vector<double> mean = {0.5};
  std::vector<double> std = {0.25};
  FeatureMap map = {};
  Recipe recipe = {.epochs = 3,
                   .seed = 7,
                   .label_smoothing = 0,
                   .optimizer = {.momentum = 0.9},
                   .schedule = {.kind = ScheduleRecipe::Kind::one_cycle, .rate = 0.05},
                   .augment = {.crop = 2, .flip = AugmentRecipe::Flip::random}};
};

class SoftmaxProgram : public Program {
 public:
  explicit SoftmaxProgram(SoftmaxSetup setup = {})
      : setup_(std::move(setup)),
        features_(static_cast<std::size_t>(setup_.channels * setup_.height * setup_.width)),
        classes_(static_cast<std::size_t>(setup_.classes)),
        batch_(static_cast<std::size_t>(setup_.batch)),
        images_(features_ * ((batch_ + kLanes - 1) / kLanes * kLanes)),
        targets_(batch_ * classes_),
        samples_(batch_),
        probabilities_(batch_ * classes_),
        losses_(batch_),
        weights_(features_ * classes_),
        gradients_(weights_.size()),
        momentum_(weights_.size()),
        averages_(setup_.recipe.ema > 0 ? weights_.size() + statistics_.size() : 0) {
    const auto f = static_cast<std::int64_t>(features_);
    tensors_[0] = tensor("linear.weight", {setup_.classes, f}, Initial::uniform(0.02));
    statistics_info_[0] = tensor("norm.running_mean", {1}, Initial::constant(0.25));
    info_ = {.name = "softmax",
             .variant = "",
             .target = "cpu",
             .spec_path = "specs/softmax.yaml",
             .command = "specs/softmax.yaml",
             .spec_sha256 = "5eed",
             .data_set = setup_.data_set,
             .folder = "",
             .mean = setup_.mean,
             .std = setup_.std,
             .batch = setup_.batch,
             .channels = setup_.channels,
             .height = setup_.height,
             .width = setup_.width,
             .classes = setup_.classes,
             .parameters = tensors_,
             .statistics = statistics_info_,
             .optimizer_state = momentum_.size(),
             .map = setup_.map,
             .recipe = setup_.recipe};
  }
  SoftmaxProgram(const SoftmaxProgram&) = delete;
  SoftmaxProgram& operator=(const SoftmaxProgram&) = delete;

  const ProgramInfo& info() const override { return info_; }
  ImageSlot image(int slot) override {
    const auto s = static_cast<std::size_t>(slot);
    return {images_.data() + s / kLanes * kLanes * features_ + s % kLanes, kLanes};
  }
  std::span<Real> targets() override { return targets_; }
  std::span<std::uint32_t> samples() override { return samples_; }

  void forward(Mode mode, const Step&) override {
    for (std::size_t n = 0; n < batch_; ++n) forward_image(n);
    if (mode == Mode::train) statistics_[0] = Real(0.9) * statistics_[0] + Real(0.1) * losses_[0];
  }

  void backward(const Step&) override {
    std::fill(gradients_.begin(), gradients_.end(), Real{0});
    for (std::size_t n = 0; n < batch_; ++n) {
      const ImageSlot x = image(static_cast<int>(n));
      for (std::size_t k = 0; k < classes_; ++k) {
        const Real target = targets_[n * classes_ + k];
        const Real d = (probabilities_[n * classes_ + k] - target) / static_cast<Real>(batch_);
        for (std::size_t i = 0; i < features_; ++i) {
          gradients_[k * features_ + i] += d * x.first[static_cast<std::ptrdiff_t>(i) * x.stride];
        }
      }
    }
  }

  void update(const Step& step) override {
    const auto momentum = static_cast<Real>(setup_.recipe.optimizer.momentum);
    const auto rate = static_cast<Real>(step.learning_rate);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      momentum_[i] = momentum * momentum_[i] + gradients_[i];
      weights_[i] -= rate * momentum_[i];
    }
    if (averages_.empty()) return;
    const double decay = setup_.recipe.ema;
    Real* const averages = averages_.data();
    cpu::average_weights(weights_.size(), weights_.data(), averages, decay, step.number);
    cpu::average_weights(statistics_.size(), statistics_.data(), averages + weights_.size(), decay,
                         step.number);
  }

  std::span<const Real> probabilities() const override { return probabilities_; }
  std::span<const Real> losses() const override { return losses_; }
  std::span<Real> parameters() override { return weights_; }
  std::span<Real> gradients() override { return gradients_; }
  std::span<Real> optimizer_state() override { return momentum_; }
  std::span<Real> statistics() override { return statistics_; }
  std::span<Real> averages() override { return averages_; }

 private:
  static constexpr std::size_t kLanes = 16;  ///< images that lie side by side

  void forward_image(std::size_t n) {
    const ImageSlot x = image(static_cast<int>(n));
    const std::span<Real> p = std::span(probabilities_).subspan(n * classes_, classes_);
    for (std::size_t k = 0; k < classes_; ++k) {
      p[k] = 0;
      for (std::size_t i = 0; i < features_; ++i) {
        p[k] += weights_[k * features_ + i] * x.first[static_cast<std::ptrdiff_t>(i) * x.stride];
      }
    }
    const Real most = *std::max_element(p.begin(), p.end());
    Real logit = 0;
    for (std::size_t k = 0; k < classes_; ++k) logit += targets_[n * classes_ + k] * (p[k] - most);
    Real sum = 0;
    for (Real& value : p) sum += value = std::exp(value - most);
    for (Real& value : p) value /= sum;
    losses_[n] = std::log(sum) - logit;
  }

  SoftmaxSetup setup_;
  std::array<Real, 1> statistics_ = {};
  std::size_t features_, classes_, batch_;
  std::vector<Real> images_;
  std::vector<Real> targets_;
  std::vector<std::uint32_t> samples_;
  std::vector<Real> probabilities_, losses_, weights_, gradients_, momentum_, averages_;
  std::array<TensorInfo, 1> tensors_ = {};
  std::array<TensorInfo, 1> statistics_info_ = {};
  ProgramInfo info_ = {};
};

/// Its test loss is what the script says of the epoch that its weights are of, kept in its
/// statistic; every image is taken for the first class.
class ScriptedProgram : public SoftmaxProgram {
 public:
  ScriptedProgram(SoftmaxSetup setup, std::vector<Real> losses)
      : SoftmaxProgram(std::move(setup)),
        script_(std::move(losses)),
        scripted_(static_cast<std::size_t>(info().batch)),
        certain_(scripted_.size() * static_cast<std::size_t>(info().classes), Real(1)) {}

  void forward(Mode mode, const Step& step) override {
    SoftmaxProgram::forward(mode, step);
    if (mode == Mode::train) statistics()[0] = script_.at(step.epoch);
    evaluating_ = mode == Mode::evaluate;
    std::ranges::fill(scripted_, statistics()[0]);
  }
  std::span<const Real> losses() const override {
    return evaluating_ ? std::span<const Real>(scripted_) : SoftmaxProgram::losses();
  }
  std::span<const Real> probabilities() const override {
    return evaluating_ ? std::span<const Real>(certain_) : SoftmaxProgram::probabilities();
  }

 private:
  std::vector<Real> script_, scripted_, certain_;
  bool evaluating_ = false;
};

}  // namespace castnet::test
