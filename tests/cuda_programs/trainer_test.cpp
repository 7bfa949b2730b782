// A trainer of the CUDA target, from its command line to its run directory.
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>

#include "../runtime/trainer_support.hpp"
#include "report/report.hpp"
#include "run/checkpoint.hpp"
#include "run/weights.hpp"
#include "support.hpp"

// Named, for nvcc.
namespace castnet::test::trainers {

using Catch::Contains;
using Json = nlohmann::json;

/// Steps of a program, with an event ahead of a launch.
class EngineWithEvent final : public Engine {
 public:
  EngineWithEvent(std::unique_ptr<Engine> engine, int launch, std::function<void()> event)
      : engine_(std::move(engine)), launch_(launch), event_(std::move(event)) {}

  void begin_epoch(std::span<const Step> steps, std::size_t position,
                   const TrainingSums& before) override {
    engine_->begin_epoch(steps, position, before);
  }
  std::size_t advance() override {
    if (++launches_ == launch_) event_();
    return engine_->advance();
  }
  TrainingSums sums() override { return engine_->sums(); }
  bool immediate() const override { return engine_->immediate(); }
  bool evaluate(const StopHook& stop, Evaluation& result) override {
    return engine_->evaluate(stop, result);
  }

 private:
  std::unique_ptr<Engine> engine_;
  int launch_, launches_ = 0;
  std::function<void()> event_;
};

/// A program of the CUDA target to which something happens ahead of a launch.
class ProgramWithEvent final : public Program, public Accelerated {
 public:
  using Event = void (*)(Program&);
  ProgramWithEvent(std::unique_ptr<Program> program, int launch, Event event)
      : program_(std::move(program)), launch_(launch), event_(event) {}

  const ProgramInfo& info() const override { return program_->info(); }
  ImageSlot image(int slot) override { return program_->image(slot); }
  std::span<Real> targets() override { return program_->targets(); }
  std::span<std::uint32_t> samples() override { return program_->samples(); }
  void forward(Mode mode, const Step& step) override { program_->forward(mode, step); }
  void backward(const Step& step) override { program_->backward(step); }
  void update(const Step& step) override { program_->update(step); }
  std::span<const Real> probabilities() const override { return program_->probabilities(); }
  std::span<const Real> losses() const override { return program_->losses(); }
  std::span<Real> parameters() override { return program_->parameters(); }
  std::span<Real> gradients() override { return program_->gradients(); }
  std::span<Real> optimizer_state() override { return program_->optimizer_state(); }
  std::span<Real> statistics() override { return program_->statistics(); }
  std::span<Real> averages() override { return program_->averages(); }
  void fetch() override { program_->fetch(); }
  void store() override { program_->store(); }
  Notes prepare() override { return dynamic_cast<Accelerated&>(*program_).prepare(); }
  std::unique_ptr<Engine> make_engine(const Split& split) override {
    return std::make_unique<EngineWithEvent>(castnet::make_engine(*program_, split), launch_,
                                             [this] { event_(*program_); });
  }

 private:
  std::unique_ptr<Program> program_;
  int launch_;
  Event event_;
};

/// Multiplies the weights on the device.
void scale(Program& program, Real factor) {
  program.fetch();
  for (Real& weight : program.parameters()) weight *= factor;
  program.store();
}

std::unique_ptr<Program> make_interrupted() {
  return std::make_unique<ProgramWithEvent>(generated::cuda::make_small(), 2,
                                            [](Program&) { std::raise(SIGINT); });
}
/// In its second epoch the weights stop being numbers.
std::unique_ptr<Program> make_diverging() {
  return std::make_unique<ProgramWithEvent>(
      generated::cuda::make_small(), kLaunches + 1,
      [](Program& program) { scale(program, std::numeric_limits<Real>::infinity()); });
}
/// In its second epoch it forgets what it learned.
std::unique_ptr<Program> make_worse() {
  return std::make_unique<ProgramWithEvent>(generated::cuda::make_small_averaged(), kLaunches + 1,
                                            [](Program& program) { scale(program, -5); });
}

int train(const TemporaryFolder& folder, Make make, const std::string& run,
          std::vector<std::string> more = {}) {
  write_mnist(folder, 170, 40);
  return train_in(folder, make, run, std::move(more));
}

Json run_json(const std::filesystem::path& run) { return Json::parse(read_file(run / "run.json")); }

TEST_CASE("a run on a GPU says which and how", "[cuda_programs][trainer]") {
  const TemporaryFolder folder;
  REQUIRE(train(folder, generated::cuda::make_small, "run") == 0);
  const Json json = run_json(folder / "run"), &device = json["device"];
  CHECK(json["status"] == "finished");
  CHECK(device["precision"] == "fp32");
  for (const char* note : {"name", "cuda", "cudnn", "workspace_bytes", "C1_conv forward",
                           "C4_conv backward data", "c5_conv backward weight"}) {
    INFO(note);
    CHECK_FALSE(device.value(note, "").empty());
  }
  // Nobody needs the gradient of the images.
  CHECK_FALSE(device.contains("C1_conv backward data"));
  const auto best = (folder / "run/best.safetensors").string();
  for (const Make make : {generated::make_small, generated::cuda::make_small}) {
    CHECK(call(make, {"--quiet", "--data", folder.path().string(), "--eval", best}) == 0);
  }
}

TEST_CASE("Ctrl-C on a GPU saves, and --resume gives the same bits", "[cuda_programs][trainer]") {
  const TemporaryFolder folder;
  REQUIRE(train(folder, generated::cuda::make_small, "whole") == 0);
  REQUIRE(train(folder, make_interrupted, "cut") == 130);
  CHECK(read_checkpoint(folder / "cut/last.safetensors").metadata.at("step") == "9");
  CHECK(run_json(folder / "cut")["status"] == "interrupted");
  REQUIRE(train(folder, generated::cuda::make_small, "cut", {"--resume"}) == 0);
  CHECK(hashes(folder / "cut") == hashes(folder / "whole"));
  CHECK(read_file(folder / "cut/best.safetensors") == read_file(folder / "whole/best.safetensors"));
}

TEST_CASE("a run that diverges on a GPU exits 3", "[cuda_programs][trainer]") {
  const TemporaryFolder folder;
  REQUIRE(train(folder, make_diverging, "run") == 3);
  CHECK(read_checkpoint(folder / "run/last.safetensors").metadata.at("epoch") == "1");
  CHECK(run_json(folder / "run")["status"] == "failed");
}

TEST_CASE("early stopping on a GPU takes the best weights", "[cuda_programs][trainer]") {
  const TemporaryFolder folder;
  REQUIRE(train(folder, make_worse, "run", {"--epochs", "4"}) == 0);
  const auto rows = parse_metrics_csv(read_file(folder / "run/metrics.csv"));
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].test_loss > rows[0].test_loss);
  const Json json = run_json(folder / "run");
  CHECK(json["stopped_early"]["epoch"] == 2);
  CHECK(json["reported"]["weights_sha256"] == rows[0].weights_sha256);
  // The reports were made with the best weights: they are those of a program that loads them.
  const auto best = folder / "run/best.safetensors";
  const auto program = generated::make_small_averaged();
  load_weights(read_checkpoint(best), *program, best.string());
  CHECK(weights_sha256(*program) == rows[0].weights_sha256);
  Evaluation evaluation(small_split().test.size());
  REQUIRE(make_engine(*program, small_split())->evaluate({}, evaluation));
  CHECK(evaluation.loss == Approx(rows[0].test_loss).margin(1e-4));
  const auto worst =
      worst_misclassified(predictions(small_split(), evaluation), kGridColumns * kGridRows);
  const auto wrong = report::parse_predictions(read_file(folder / "run/misclassified.csv"));
  REQUIRE(wrong.size() == worst.size());
  for (std::size_t i = 0; i < worst.size(); ++i) {
    CHECK(wrong[i].loss == Approx(worst[i].loss).margin(1e-4));
    CHECK(std::ranges::max(wrong[i].probabilities) == Approx(worst[i].probability).margin(1e-4));
  }
}

#ifdef CASTNET_HOST_CUDA
TEST_CASE("without a GPU a trainer exits 3 and says what to do", "[cuda_programs][trainer]") {
  const Environment none("CASTNET_HOST_CUDA_DEVICES", "0");
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(generated::cuda::make_small(),
                    Contains("no CUDA device") && Contains("--target cpu"));
  write_mnist(folder, 170, 40);
  // The same network's facts, by its program for the CPU.
  CHECK(call(generated::make_small()->info(), generated::cuda::make_small,
             {"--quiet", "--out", (folder / "run").string(), "--data", folder.path().string()}) ==
        3);
  CHECK_FALSE(std::filesystem::exists(folder / "run"));
}
#endif

}  // namespace castnet::test::trainers
