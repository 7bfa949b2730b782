#include "train/trainer_main.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/check_sums.hpp"
#include "castnet_shared/file.hpp"
#include "castnet_shared/sha256.hpp"
#include "data/data_set.hpp"
#include "redirect.hpp"
#include "report/api/castnet_report/predictions.hpp"
#include "report/report.hpp"
#include "run/checkpoint.hpp"
#include "softmax_program.hpp"
#include "train/grad_cam.hpp"
#include "trainer_support.hpp"

using namespace castnet;
using Catch::Contains;
using test::call;
using test::hashes;
using test::make_plain;
using test::quick;

namespace {

/// Without steps so large that the loss stands above that of guessing.
test::SoftmaxSetup slow() {
  test::SoftmaxSetup setup = quick();
  setup.recipe.schedule.rate = 0.001;
  return setup;
}

/// Raises SIGINT in the fourth step, as Ctrl-C would.
class InterruptedProgram : public test::SoftmaxProgram {
 public:
  InterruptedProgram() : SoftmaxProgram(quick()) {}
  void update(const Step& step) override {
    SoftmaxProgram::update(step);
    if (step.number == 4) std::raise(SIGINT);
  }
};

/// Its weights stop being numbers after a step: by default one of the second epoch.
class DivergingProgram : public test::SoftmaxProgram {
 public:
  explicit DivergingProgram(std::uint64_t last_step = 15)
      : SoftmaxProgram(slow()), last_step_(last_step) {}
  void update(const Step& step) override {
    SoftmaxProgram::update(step);
    if (step.number == last_step_) parameters()[0] = std::numeric_limits<Real>::infinity();
  }

 private:
  std::uint64_t last_step_;
};

/// Its learning rate is far too high.
class FarOffProgram : public test::SoftmaxProgram {
 public:
  FarOffProgram() : SoftmaxProgram(far_off()) {}

 private:
  static test::SoftmaxSetup far_off() {
    test::SoftmaxSetup setup = quick();
    setup.recipe.schedule.rate = 1e6;
    return setup;
  }
};

/// A folder takes the place of its metrics in one step.
class DiskErrorProgram : public test::SoftmaxProgram {
 public:
  static inline std::filesystem::path blocked;
  explicit DiskErrorProgram(std::uint64_t step = 1) : SoftmaxProgram(slow()), step_(step) {}
  void update(const Step& step) override {
    SoftmaxProgram::update(step);
    if (step.number != step_) return;
    // The files of epochs before are written on a thread of their own.
    const auto saved = blocked.parent_path() / "last.safetensors";
    for (int i = 0; step.epoch > 0 && !std::filesystem::exists(saved) && i < 10'000; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::filesystem::remove(blocked);
    std::filesystem::create_directory(blocked);
  }

 private:
  std::uint64_t step_;
};

test::SoftmaxSetup stopping(double ema = 0) {
  test::SoftmaxSetup setup = quick();
  setup.recipe.epochs = 6;
  setup.recipe.ema = ema;
  setup.recipe.early_stopping.patience = 2;
  return setup;
}

/// Best in its second epoch.
class StoppingProgram : public test::ScriptedProgram {
 public:
  explicit StoppingProgram(double ema)
      : ScriptedProgram(stopping(ema), {3, 1, 2, Real(1.5), Real(0.5), 1}) {}
};

/// Interrupted in its third epoch.
class InterruptedStoppingProgram : public StoppingProgram {
 public:
  InterruptedStoppingProgram() : StoppingProgram(0) {}
  void update(const Step& step) override {
    StoppingProgram::update(step);
    if (step.number == 24) std::raise(SIGINT);
  }
};

test::SoftmaxSetup looking(double ema, const char* obstacle) {
  test::SoftmaxSetup setup = quick();
  setup.recipe.ema = ema;
  setup.map = {.layer = "C1", .channels = 1, .height = 28, .width = 28, .obstacle = obstacle};
  return setup;
}

/// Its images are its feature map.
class LookingProgram : public test::SoftmaxProgram {
 public:
  explicit LookingProgram(double ema, const char* obstacle = "")
      : SoftmaxProgram(looking(ema, obstacle)) {}

  void forward(Mode mode, const Step& step) override {
    SoftmaxProgram::forward(mode, step);
    if (!map_hook()) return;
    for (int slot = 0; slot < info().batch; ++slot) {
      map_hook()(MapPart::values, slot, image(slot));
    }
  }

  void backward(const Step& step) override {
    if (!map_hook()) return SoftmaxProgram::backward(step);
    std::vector<Real> gradient(28 * 28);
    for (int slot = 0; slot < info().batch; ++slot) {
      std::ranges::fill(gradient, Real{0});
      for (std::size_t k = 0; k < 10; ++k) {
        const std::size_t place = static_cast<std::size_t>(slot) * 10 + k;
        const Real d = (probabilities()[place] - targets()[place]) / 64;
        for (std::size_t i = 0; i < gradient.size(); ++i) {
          gradient[i] += d * parameters()[k * gradient.size() + i];
        }
      }
      map_hook()(MapPart::gradient, slot, {gradient.data(), 1});
    }
  }
};

std::unique_ptr<Program> make_looking() { return std::make_unique<LookingProgram>(0); }
std::unique_ptr<Program> make_looking_averaged() { return std::make_unique<LookingProgram>(0.9); }
std::unique_ptr<Program> make_obstructed() {
  return std::make_unique<LookingProgram>(0, "C2 (dropout 0.1)");
}
std::unique_ptr<Program> make_really_averaged() {
  test::SoftmaxSetup setup = quick();
  setup.recipe.ema = 0.9;
  return std::make_unique<test::SoftmaxProgram>(setup);
}
std::unique_ptr<Program> make_interrupted() { return std::make_unique<InterruptedProgram>(); }
std::unique_ptr<Program> make_diverging() { return std::make_unique<DivergingProgram>(); }
std::unique_ptr<Program> make_soon_diverging() { return std::make_unique<DivergingProgram>(3); }
std::unique_ptr<Program> make_far_off() { return std::make_unique<FarOffProgram>(); }
std::unique_ptr<Program> make_disk_error() { return std::make_unique<DiskErrorProgram>(); }
std::unique_ptr<Program> make_late_disk_error() { return std::make_unique<DiskErrorProgram>(15); }
std::unique_ptr<Program> make_slow() { return std::make_unique<test::SoftmaxProgram>(slow()); }
std::unique_ptr<Program> make_stopping() { return std::make_unique<StoppingProgram>(0); }
std::unique_ptr<Program> make_averaged() { return std::make_unique<StoppingProgram>(0.9); }
std::unique_ptr<Program> make_interrupted_stopping() {
  return std::make_unique<InterruptedStoppingProgram>();
}

/// Trains into FOLDER/run on data that it puts below FOLDER: ten steps an epoch.
int train(std::unique_ptr<Program> (*make)(), const test::TemporaryFolder& folder,
          const std::string& run, std::vector<std::string> more = {}) {
  test::write_mnist(folder, 640, 100);
  return test::train_in(folder, make, run, std::move(more));
}

/// Trains into FOLDER/run, expects the status, and returns what standard error tells.
std::string told(std::unique_ptr<Program> (*make)(), const test::TemporaryFolder& folder,
                 int status, std::vector<std::string> more = {}) {
  std::filesystem::remove(folder / "told");
  {
    const test::Redirect elsewhere(stderr, folder / "told");
    CHECK(train(make, folder, "run", std::move(more)) == status);
  }
  return read_file(folder / "told");
}

}  // namespace

TEST_CASE("a run directory holds every file", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  const auto run = folder / "run";
  const auto spec = folder.write("spec.yaml", "name: softmax\n");
  REQUIRE(train(make_plain, folder, "run", {"--spec-file", spec.string(), "--seed", "5"}) == 0);
  for (const char* picture : {"curves.png", "confusion.png", "misclassified.png"}) {
    CHECK(read_file(run / picture).substr(1, 3) == "PNG");
  }
  const auto predictions = report::parse_predictions(read_file(run / "predictions.csv"));
  const auto json = nlohmann::json::parse(read_file(run / "run.json"));
  REQUIRE(predictions.size() == json.at("data").at("test_images"));
  const auto wrong = std::ranges::count_if(predictions, &report::Prediction::wrong);
  CHECK(100 - 100.0 * static_cast<double>(wrong) / static_cast<double>(predictions.size()) ==
        Approx(json.at("final").at("test_accuracy").get<double>()).margin(0.01));
  const std::string metrics = read_file(run / "metrics.csv");
  CHECK(metrics.substr(0, metrics.find('\n')) ==
        "epoch,step,lr,train_loss,train_accuracy,test_loss,test_accuracy,seconds,"
        "images_per_second,weights_sha256");
  const auto rows = parse_metrics_csv(metrics);
  REQUIRE(rows.size() == 2);
  CHECK(json["status"] == "finished");
  CHECK(json["seed"] == 5);
  CHECK(json["spec"]["text"] == "name: softmax\n");
  CHECK(json["parameters"] == 7840);
  CHECK(json["data"]["sha256"].get<std::string>().size() == 64);
  CHECK(json["final"]["weights_sha256"] == rows.back().weights_sha256);
  CHECK(json["reported"] == json["final"]);
  CHECK_FALSE(json.contains("stopped_early"));
  CHECK(json["data"]["mean"] == std::vector{0.5});
  CHECK(json["data"]["std"] == std::vector{0.25});
  const SafeTensors best = read_checkpoint(run / "best.safetensors");
  CHECK(best.find("linear.weight") != nullptr);
  CHECK(best.find("castnet.optimizer_state") == nullptr);
  CHECK(std::distance(std::filesystem::directory_iterator(run),
                      std::filesystem::directory_iterator()) == 12);
  // As sha256sum -c reads them.
  const CheckSums sums = parse_check_sums(read_file(run / kCheckSums), run / kCheckSums);
  CHECK(sums.size() == 11 - 1 + static_cast<std::size_t>(std::min<std::ptrdiff_t>(wrong, 10)));
  CHECK(sums.at("metrics.csv") == sha256_hex(metrics));
  CHECK(changed_files(Folder(run)).empty());
  CHECK(json["trail"].get<std::string>().size() == 64);
  CHECK(json["builds"].size() == 1);
}

TEST_CASE("a run shows its worst errors with all probabilities", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  const auto run = folder / "run";
  folder.write("run/misclassified/99.png", "an earlier run's");
  REQUIRE(train(make_averaged, folder, "run") == 0);
  REQUIRE(train(make_plain, folder, "run") == 0);
  const std::string csv = read_file(run / "misclassified.csv");
  CHECK_THAT(csv, Catch::StartsWith("index,true,predicted,probability,loss,0,1,2,3,4,5,6,7,8,9\n"));
  const auto worst = report::parse_predictions(csv);
  REQUIRE(worst.size() == 10);
  for (const report::Prediction& one : worst) {
    REQUIRE(one.probabilities.size() == 10);
    CHECK(std::accumulate(one.probabilities.begin(), one.probabilities.end(), 0.0) ==
          Approx(1).margin(1e-4));
    CHECK(one.probabilities.at(std::stoul(one.predicted)) == Approx(one.probability));
    CHECK(-std::log(one.probabilities.at(std::stoul(one.truth))) ==
          Approx(one.loss).epsilon(0.001));
    CHECK(read_file(run / fmt::format("misclassified/{}.png", one.index)).substr(1, 3) == "PNG");
  }
  CHECK(std::distance(std::filesystem::directory_iterator(run / "misclassified"),
                      std::filesystem::directory_iterator()) == 10);
}

TEST_CASE("the reported probabilities are of the averaged weights", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  REQUIRE(train(make_really_averaged, folder, "run") == 0);
  const auto worst = report::parse_predictions(read_file(folder / "run/misclassified.csv"));
  REQUIRE_FALSE(worst.empty());
  for (const report::Prediction& one : worst) {
    CHECK(std::ranges::max(one.probabilities) == Approx(one.probability).margin(1e-6));
  }
}

TEST_CASE("Ctrl-C saves and --resume gives the same run", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  REQUIRE(train(make_plain, folder, "whole") == 0);
  REQUIRE(train(make_interrupted, folder, "cut") == 130);
  CHECK(read_checkpoint(folder / "cut/last.safetensors").metadata.at("step") == "4");
  CHECK_FALSE(std::filesystem::exists(folder / "cut/confusion.png"));
  REQUIRE(train(make_plain, folder, "cut", {"--resume"}) == 0);
  CHECK(hashes(folder / "cut") == hashes(folder / "whole"));
  CHECK(read_file(folder / "cut/best.safetensors") == read_file(folder / "whole/best.safetensors"));
  CHECK(call(make_plain, {"--quiet", "--data", folder.path().string(), "--eval",
                          (folder / "cut/best.safetensors").string()}) == 0);
  // Resuming what is finished makes the reports again and changes nothing.
  const std::string before = read_file(folder / "cut/metrics.csv");
  {
    const test::Redirect told(stderr, folder / "told");
    REQUIRE(call(make_plain, {"--resume", "--data", folder.path().string(), "--out",
                              (folder / "cut").string()}) == 0);
  }
  CHECK(read_file(folder / "cut/metrics.csv") == before);
  CHECK_THAT(read_file(folder / "told"),
             Contains("the training was complete after step 20 of 20: making the reports again"));
}

TEST_CASE("a run of another seed is not resumed", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  REQUIRE(train(make_interrupted, folder, "run", {"--seed", "4"}) == 130);
  CHECK(train(make_plain, folder, "run", {"--resume", "--seed", "3"}) == 1);
  CHECK(train(make_plain, folder, "run", {"--resume"}) == 0);
  const auto json = nlohmann::json::parse(read_file(folder / "run/run.json"));
  CHECK(json["seed"] == 4);
}

TEST_CASE("a run that diverges to the end says so", "[runtime][trainer][divergence]") {
  const test::TemporaryFolder folder;
  {
    const test::Redirect out(stdout, folder / "out"), err(stderr, folder / "err");
    REQUIRE(train(make_far_off, folder, "run") == 0);
  }
  CHECK_THAT(read_file(folder / "err"), Contains("warning: epoch ") && Contains("diverges"));
  CHECK_THAT(read_file(folder / "out"), Contains("\ndiverged: in epoch 2 the training loss is "));
  const auto far = nlohmann::json::parse(read_file(folder / "run/run.json"));
  CHECK(far["status"] == "finished");
  CHECK(far["diverged"] == true);
  CHECK(far["guessing"]["loss"].get<double>() == Approx(2.302585));
  CHECK(far["guessing"]["accuracy"] == 13);
  CHECK_FALSE(far.contains("failure"));
  REQUIRE(train(make_averaged, folder, "run") == 0);
  CHECK(nlohmann::json::parse(read_file(folder / "run/run.json"))["diverged"] == false);
}

TEST_CASE("a loss that is not finite exits 3 and keeps the last checkpoint",
          "[runtime][trainer][divergence]") {
  const test::TemporaryFolder folder;
  const std::string last = (folder / "run/last.safetensors").string();
  const auto failed = [&](const std::string& text) {
    CHECK_THAT(text, Contains("error: the training loss is nan in epoch 2, at step 16 ") &&
                         Contains(last + " keeps the state after step 10, but --resume would take "
                                         "the same steps to the same loss"));
    CHECK(read_checkpoint(last).metadata.at("epoch") == "1");
    CHECK(parse_metrics_csv(read_file(folder / "run/metrics.csv")).size() == 1);
    const auto json = nlohmann::json::parse(read_file(folder / "run/run.json"));
    CHECK(json["status"] == "failed");
    CHECK(json["diverged"] == true);
    CHECK(json["failure"]["non_finite_loss"] == true);
    CHECK_THAT(json["failure"]["message"].get<std::string>(), Contains("the training loss is nan"));
  };
  const std::string first = told(make_diverging, folder, 3);
  failed(first);
  CHECK_THAT(first, !Contains("warning"));
  const std::string again = told(make_diverging, folder, 3, {"--resume"});
  failed(again);
  CHECK_THAT(again, Contains("warning: the run failed as its loss was not finite, and the same "
                             "spec, seed, data and build give the same bits") &&
                        Contains("start a new run without --resume"));
}

TEST_CASE("a loss that is not finite in the first epoch leaves no checkpoint",
          "[runtime][trainer][divergence]") {
  const test::TemporaryFolder folder;
  const std::string first = told(make_soon_diverging, folder, 3, {});
  CHECK_THAT(first, Contains("nan in epoch 1, at step 4 ") &&
                        Contains("; no checkpoint has been saved\n") && !Contains("--resume"));
  CHECK_FALSE(std::filesystem::exists(folder / "run/last.safetensors"));
  CHECK_THAT(told(make_soon_diverging, folder, 3, {"--resume"}),
             Contains("warning: the run failed"));
  // Another seed is another run, about which nothing is known.
  CHECK_THAT(told(make_plain, folder, 0, {"--resume", "--seed", "8"}),
             !Contains("warning: the run failed"));
  CHECK(nlohmann::json::parse(read_file(folder / "run/run.json"))["status"] == "finished");
}

TEST_CASE("a disk error in a run exits 3 and says failed", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  DiskErrorProgram::blocked = folder / "run/metrics.csv";
  CHECK_THAT(told(make_disk_error, folder, 3),
             Contains("metrics.csv': Is a directory; no checkpoint has been saved\n"));
  const auto json = nlohmann::json::parse(read_file(folder / "run/run.json"));
  CHECK(json["status"] == "failed");
  CHECK(json["diverged"] == false);
  CHECK(json["failure"]["non_finite_loss"] == false);
}

TEST_CASE("a disk error says what is left to go on from", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  DiskErrorProgram::blocked = folder / "run/metrics.csv";
  CHECK_THAT(told(make_late_disk_error, folder, 3),
             Contains("last.safetensors keeps the state after step 10: continue with --resume\n"));
  std::filesystem::remove(folder / "run/metrics.csv");
  REQUIRE(train(make_slow, folder, "run", {"--resume"}) == 0);
  REQUIRE(train(make_slow, folder, "whole") == 0);
  CHECK(hashes(folder / "run") == hashes(folder / "whole"));
}

TEST_CASE("a trainer draws the test images of a list", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  test::write_mnist(folder, 640, 100);
  const std::string picture = (folder / "only.png").string();
  const auto show = [&](const std::string& rows) {
    const auto list = folder.write("only.csv", "index,true,predicted,probability,loss\n" + rows);
    return call(make_plain, {"--quiet", "--data", folder.path().string(), "--show", list.string(),
                             "--heading", "only here", "--out", picture});
  };
  CHECK(show("99999999,a,b,0.5,1\n") == 3);
  CHECK(show("0,a\n") == 3);
  CHECK_FALSE(std::filesystem::exists(picture));
  CHECK(show("0,a,b,0.5,1\n") == 0);
  const std::string bytes = read_file(picture);
  CHECK(bytes.substr(1, 3) == "PNG");
  // A pipe is written to, and stays.
  std::filesystem::remove(picture);
  REQUIRE(::mkfifo(picture.c_str(), 0600) == 0);
  const Descriptor reader(::open(picture.c_str(), O_RDWR | O_NONBLOCK));
  std::string piped(bytes.size() + 1, '\0');
  CHECK(show("0,a,b,0.5,1\n") == 0);
  CHECK(::read(reader.get(), piped.data(), piped.size()) == static_cast<ssize_t>(bytes.size()));
  CHECK(std::filesystem::is_fifo(picture));
  CHECK(piped.starts_with(bytes));
  // So is an open file where it stands, as standard output is.
  const auto output = folder.write("output", "");
  const Descriptor open(::open(output.c_str(), O_WRONLY));
  std::filesystem::remove(picture);
  std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(open.get()), picture);
  CHECK(::write(open.get(), "before ", 7) == 7);
  CHECK(show("0,a,b,0.5,1\n") == 0);
  CHECK(read_file(output) == "before " + bytes);
}

TEST_CASE("a confusion matrix says of which run and epoch it is", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  REQUIRE(train(make_looking, folder, "run") == 0);
  Split split;
  for (int digit = 0; digit < 10; ++digit) split.classes.push_back(std::to_string(digit));
  const auto list = report::parse_predictions(read_file(folder / "run/predictions.csv"));
  Evaluation evaluation(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    split.test.labels.push_back(static_cast<std::uint8_t>(std::stoi(list[i].truth)));
    evaluation.predicted[i] = std::stoi(list[i].predicted);
  }
  CHECK(confusion_png("softmax on mnist after epoch 2", {split, evaluation}, split.classes) ==
        read_file(folder / "run/confusion.png"));
}

TEST_CASE("a run draws where the network looked, if asked to", "[runtime][trainer][grad_cam]") {
  const auto make = GENERATE(make_looking, make_looking_averaged);
  const test::TemporaryFolder folder;
  REQUIRE(train(make, folder, "run") == 0);
  CHECK_FALSE(std::filesystem::exists(folder / "run/grad_cam.png"));
  const auto plain = hashes(folder / "run");
  REQUIRE(train(make, folder, "run", {"--grad-cam"}) == 0);
  CHECK(hashes(folder / "run") == plain);
  const std::string picture = read_file(folder / "run/grad_cam.png");
  CHECK(picture.substr(1, 3) == "PNG");
  // --show draws the same of the same list, with the weights beside it or with those named.
  const auto show = [&](const std::string& list, std::vector<std::string> more) {
    more.insert(
        more.end(),
        {"--quiet", "--data", folder.path().string(), "--show", (folder / list).string(),
         "--heading",
         "softmax on mnist after epoch 2: where the network looked (Grad-CAM), true → predicted",
         "--out", (folder / "shown.png").string()});
    return call(make, more);
  };
  REQUIRE(show("run/misclassified.csv", {"--grad-cam"}) == 0);
  CHECK(read_file(folder / "shown.png") == picture);
  REQUIRE(show("run/misclassified.csv", {}) == 0);
  CHECK(read_file(folder / "shown.png") != picture);
  const std::string list = read_file(folder / "run/misclassified.csv");
  folder.write("list.csv", list);
  CHECK(show("list.csv", {"--grad-cam"}) == 1);
  const std::string weights = (folder / "run/last.safetensors").string();
  REQUIRE(show("list.csv", {"--grad-cam", "--weights", weights}) == 0);
  CHECK(read_file(folder / "shown.png") == picture);
  CHECK(show("list.csv", {"--weights", weights}) == 2);
  folder.write("list.csv", "index,true,predicted,probability,loss\n0,1,eleven,0.5,1\n");
  CHECK(show("list.csv", {"--grad-cam", "--weights", weights}) == 3);
  // Another run's picture does not stay.
  REQUIRE(train(make, folder, "run") == 0);
  CHECK_FALSE(std::filesystem::exists(folder / "run/grad_cam.png"));
}

TEST_CASE("what has no heat maps is told before the training", "[runtime][trainer][grad_cam]") {
  const test::TemporaryFolder folder;
  CHECK(train(make_plain, folder, "run", {"--grad-cam"}) == 2);
  CHECK(train(make_obstructed, folder, "run", {"--grad-cam"}) == 2);
  CHECK_FALSE(std::filesystem::exists(folder / "run"));
  CHECK_THAT(*why_no_grad_cam(make_plain()->info()), Contains("no feature map"));
  CHECK_THAT(*why_no_grad_cam(make_obstructed()->info()),
             Contains("of C1, and the output comes C2 (dropout 0.1)"));
  REQUIRE(train(make_looking, folder, "run") == 0);
  const std::string weights = (folder / "run/best.safetensors").string();
  CHECK(train(make_looking, folder, "run", {"--grad-cam", "--eval", weights}) == 2);
  CHECK(train(make_looking, folder, "run", {"--grad-cam", "--profile"}) == 2);
}

TEST_CASE("a run that stops early reports its best epoch", "[runtime][trainer][stopping]") {
  const test::TemporaryFolder folder;
  REQUIRE(train(make_stopping, folder, "run") == 0);
  const auto rows = parse_metrics_csv(read_file(folder / "run/metrics.csv"));
  REQUIRE(rows.size() == 4);
  const auto json = nlohmann::json::parse(read_file(folder / "run/run.json"));
  CHECK(json["status"] == "finished");
  CHECK(json["best_epoch"] == 2);
  CHECK(json["reported"]["epoch"] == 2);
  CHECK(json["reported"]["test_loss"] == 1);
  CHECK(json["reported"]["weights_sha256"] == rows[1].weights_sha256);
  CHECK(json["final"]["epoch"] == 4);
  CHECK(json["stopped_early"] ==
        nlohmann::json::parse(R"({"epoch": 4, "metric": "test_loss", "patience": 2})"));
  // The reports are of the best epoch: loss 1 for each image.
  CHECK(report::parse_predictions(read_file(folder / "run/misclassified.csv")).at(0).loss == 1);
}

TEST_CASE("averaged weights are stopped by, saved and reported", "[runtime][trainer][stopping]") {
  const test::TemporaryFolder folder;
  REQUIRE(train(make_averaged, folder, "run") == 0);
  const auto rows = parse_metrics_csv(read_file(folder / "run/metrics.csv"));
  // The averages lag behind the script: 3, 1.70, 1.90, 1.64, 0.90, 0.97.
  REQUIRE(rows.size() == 6);
  CHECK(rows[1].test_loss == Approx(1 + 2 * std::pow(0.9, 10)));
  const auto json = nlohmann::json::parse(read_file(folder / "run/run.json"));
  CHECK(json["reported"]["epoch"] == 5);
  CHECK_FALSE(json.contains("stopped_early"));
  CHECK(report::parse_predictions(read_file(folder / "run/misclassified.csv")).at(0).loss ==
        Approx(rows[4].test_loss).margin(1e-6));  // that has six decimals
  test::SoftmaxProgram program(quick());
  const auto best = folder / "run/best.safetensors";
  load_weights(read_checkpoint(best), program, best.string());
  CHECK(weights_sha256(program) == rows[4].weights_sha256);
}

TEST_CASE("resuming keeps patience, and does not go on after it", "[runtime][trainer][stopping]") {
  const test::TemporaryFolder folder;
  REQUIRE(train(make_stopping, folder, "whole") == 0);
  REQUIRE(train(make_interrupted_stopping, folder, "cut") == 130);
  const auto cut = nlohmann::json::parse(read_file(folder / "cut/run.json"));
  CHECK_FALSE(cut.contains("stopped_early"));
  REQUIRE(train(make_stopping, folder, "cut", {"--resume"}) == 0);
  CHECK(hashes(folder / "cut") == hashes(folder / "whole"));
  const std::string before = read_file(folder / "cut/last.safetensors");
  REQUIRE(train(make_stopping, folder, "cut", {"--resume"}) == 0);
  CHECK(read_file(folder / "cut/last.safetensors") == before);
  CHECK(hashes(folder / "cut") == hashes(folder / "whole"));
  // Another run's best weights are not taken for this one's.
  REQUIRE(train(make_stopping, folder, "other", {"--seed", "8"}) == 0);
  std::filesystem::copy_file(folder / "other/best.safetensors", folder / "cut/best.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(train(make_stopping, folder, "cut", {"--resume"}) == 1);
  // Nor is anything else said to help where they are missing.
  std::filesystem::remove(folder / "cut/best.safetensors");
  const test::Redirect told(stderr, folder / "told");
  CHECK(train(make_stopping, folder, "cut", {"--resume"}) == 1);
  CHECK_THAT(read_file(folder / "told"), Contains("best.safetensors is missing; restore it, or "
                                                  "start a new run without --resume"));
}
