// Speed of the generated CIFAR-10 trainers. Reads commands from standard input, one a line, and
// answers each with images a second:
//   train     the training loop as users run it: shuffle, crop, flip, step, loss and accuracy
//   step      forward, backward and update over one batch that lies ready
//   evaluate  the evaluation of a test set, its bytes normalised, loss and accuracy
//   forward   the evaluation of one batch that lies ready, no more
//   images    (no speed) megabytes of the images that it holds
//
//   bench_trainer PROGRAM [SECONDS A MEASUREMENT]
//
// PROGRAM is cifar10 or cifar10_norms, or one of these with _group or _layer.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "train/initialise.hpp"
#include "train/loop.hpp"

namespace castnet::generated {
std::unique_ptr<Program> make_cifar10();
std::unique_ptr<Program> make_cifar10_group();
std::unique_ptr<Program> make_cifar10_layer();
std::unique_ptr<Program> make_cifar10_norms();
std::unique_ptr<Program> make_cifar10_norms_group();
std::unique_ptr<Program> make_cifar10_norms_layer();
}  // namespace castnet::generated

namespace {

using namespace castnet;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

using Make = std::unique_ptr<Program> (*)();
const std::map<std::string, Make> kPrograms = {
    {"cifar10", generated::make_cifar10},
    {"cifar10_group", generated::make_cifar10_group},
    {"cifar10_layer", generated::make_cifar10_layer},
    {"cifar10_norms", generated::make_cifar10_norms},
    {"cifar10_norms_group", generated::make_cifar10_norms_group},
    {"cifar10_norms_layer", generated::make_cifar10_norms_layer},
};

std::unique_ptr<Program> make(const std::string& name) {
  const auto found = kPrograms.find(name);
  if (found != kPrograms.end()) return found->second();
  std::string names;
  for (const auto& [known, make] : kPrograms) names += ' ' + known;
  throw std::invalid_argument("no program '" + name + "':" + names);
}

/// Enough epochs that no measurement reaches the end of the run.
constexpr int kEpochs = 1000;
/// Multiples of the batch; an epoch's one evaluated batch counts as time, not as images.
constexpr std::size_t kTrainingImages = 12800, kTestImages = 128;
constexpr std::size_t kEvaluatedImages = 1280;

RunIdentity identity(const std::string& name) {
  RunIdentity result;
  result.name = name;
  result.seed = 1;
  result.epochs = kEpochs;
  return result;
}

/// One program over drawn images (speed does not depend on what they show).
class Bench {
 public:
  Bench(const std::string& name, double seconds)
      : seconds_(seconds),
        program_(make(name)),
        split_(draw_shapes(false, kTrainingImages, kTestImages)),
        evaluated_(draw_shapes(false, kTestImages, kEvaluatedImages).test),
        augmenter_(program_->info(), normalisation_of(program_->info(), split_.train)),
        evaluation_(evaluated_.size()),
        loop_(*program_, split_, identity(name), progress_) {
    initialise(*program_, 1);
  }

  /// Images a second of one command.
  double measure(const std::string& command) {
    if (command == "train") return train();
    if (command == "step") return step();
    if (command == "evaluate") return evaluate_images();
    if (command == "forward") return forward();
    if (command == "images") return megabytes();
    throw std::invalid_argument("no command '" + command +
                                "': train, step, evaluate, forward or images");
  }

 private:
  double batch() const { return program_->info().batch; }

  double train() {
    const std::uint64_t first = loop_.state().step;
    const auto start = Clock::now();
    LoopEvents events;
    events.stop = [&] { return seconds_since(start) >= seconds_; };
    loop_.run(events);
    return static_cast<double>(loop_.state().step - first) * batch() / seconds_since(start);
  }

  double step() {
    augmenter_.fill_plain(*program_, split_.train, 0);
    constexpr Step kStep{.learning_rate = 1e-3};
    double images = 0;
    const auto start = Clock::now();
    while (seconds_since(start) < seconds_) {
      program_->forward(Mode::train, kStep);
      program_->backward(kStep);
      program_->update(kStep);
      images += batch();
    }
    return images / seconds_since(start);
  }

  double forward() {
    augmenter_.fill_plain(*program_, evaluated_, 0);
    double images = 0;
    const auto start = Clock::now();
    while (seconds_since(start) < seconds_) {
      program_->evaluate();
      images += batch();
    }
    return images / seconds_since(start);
  }

  double evaluate_images() {
    double images = 0;
    const auto start = Clock::now();
    while (seconds_since(start) < seconds_) {
      evaluate(*program_, augmenter_, evaluated_, {}, evaluation_);
      images += static_cast<double>(evaluated_.size());
    }
    return images / seconds_since(start);
  }

  double megabytes() const {
    const std::size_t bytes =
        split_.train.images.size() + split_.test.images.size() + evaluated_.images.size();
    return static_cast<double>(bytes) / 1e6;
  }

  double seconds_;
  std::unique_ptr<Program> program_;
  Split split_;
  DataSet evaluated_;
  Augmenter augmenter_;
  Evaluation evaluation_;
  Progress progress_{Progress::Style::quiet};
  TrainingLoop loop_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) throw std::invalid_argument("which program?");
  Bench bench(argv[1], argc > 2 ? std::atof(argv[2]) : 2);
  for (std::string command; std::getline(std::cin, command);) {
    std::printf("%.1f\n", bench.measure(command));
    std::fflush(stdout);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_trainer: %s\n", error.what());
  return 2;
}
