// Whatever ends a training, and whoever made its folder: a run is there, the old or the new one,
// and nothing outside of the folder is touched.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/check_sums.hpp"
#include "castnet_shared/file.hpp"
#include "castnet_shared/sha256.hpp"
#include "redirect.hpp"
#include "report/api/castnet_report/trail.hpp"
#include "run/checkpoint.hpp"
#include "run/run_directory.hpp"
#include "softmax_program.hpp"
#include "trainer_support.hpp"

using namespace castnet;
using Catch::Contains;
using test::call;
using test::quick;
using test::Redirect;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEpochSteps = 10;

/// Does something in a step.
class DisturbedProgram : public test::SoftmaxProgram {
 public:
  static inline std::uint64_t step = 0;
  static inline void (*disturb)() = nullptr;
  static inline const char* instructions = kInstructions;
  DisturbedProgram() : SoftmaxProgram(quick()), facts_(SoftmaxProgram::info()) {
    facts_.instructions = instructions;
  }
  const ProgramInfo& info() const override { return facts_; }
  void update(const Step& now) override {
    SoftmaxProgram::update(now);
    if (now.number == step && disturb != nullptr) disturb();
  }

 private:
  ProgramInfo facts_;
};

std::unique_ptr<Program> make() { return std::make_unique<DisturbedProgram>(); }

/// FOLDER with data, and trainings into FOLDER/run.
class Runs : public test::TemporaryFolder {
 public:
  Runs() {
    test::write_mnist(*this, kEpochSteps * 64, 100);
    DisturbedProgram::disturb = nullptr;
    DisturbedProgram::instructions = kInstructions;
  }
  fs::path run() const { return *this / "run"; }
  int train(std::vector<std::string> more = {}) const {
    return test::train_in(*this, make, "run", std::move(more));
  }
  /// What standard error tells of a training that ends with this status.
  std::string told(int status, std::vector<std::string> more) const {
    fs::remove(*this / "told");
    {
      const Redirect elsewhere(stderr, *this / "told");
      more.insert(more.end(), {"--out", run().string(), "--data", path().string()});
      CHECK(call(make, more) == status);
    }
    return read_file(*this / "told");
  }
  /// Of a training in a folder of its own that nothing disturbs.
  std::vector<std::string> undisturbed(std::vector<std::string> more = {}) const {
    REQUIRE(test::train_in(*this, make, "undisturbed", std::move(more)) == 0);
    return test::hashes(*this / "undisturbed");
  }

  /// Trains in a process that is killed in a step. With one thread: a child has no more of OpenMP.
  void train_until_killed_in(std::uint64_t step, std::vector<std::string> more = {}) const {
    const pid_t child = ::fork();
    if (child == 0) {
      DisturbedProgram::step = step;
      DisturbedProgram::disturb = [] { std::raise(SIGKILL); };
      more.insert(more.end(), {"--threads", "1"});
      train(std::move(more));
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
  }
};

/// Names and contents of all files in the folder.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) all[entry.path()] = read_file(entry.path());
  }
  return all;
}

nlohmann::json json_of(const Runs& runs) {
  return nlohmann::json::parse(read_file(runs.run() / "run.json"));
}

/// Rewrites an entry of the state's metadata, with a check sum that is right.
void forge(const Runs& runs, const std::string& key, const std::string& value) {
  const fs::path path = runs.run() / RunDirectory::kLast;
  SafeTensors file = read_checkpoint(path);
  REQUIRE(file.metadata.contains(key));
  file.metadata[key] = value;
  file.metadata.erase("sha256");
  file.metadata["sha256"] = sha256_hex(serialise(file));
  write_file(path, serialise(file));
}

}  // namespace

TEST_CASE("a run that is killed in its first epoch can be resumed", "[runtime][kept]") {
  const Runs runs;
  const auto whole = runs.undisturbed();
  runs.train_until_killed_in(4);
  CHECK(runs.train({"--resume"}) == 0);
  CHECK(test::hashes(runs.run()) == whole);
}

TEST_CASE("a run whose first state cannot be written can be resumed", "[runtime][kept]") {
  const Runs runs;
  const auto whole = runs.undisturbed();
  static fs::path blocked;  // what best, metrics and curves come before
  blocked = runs.run() / RunDirectory::kLast;
  DisturbedProgram::step = 1;
  DisturbedProgram::disturb = [] { fs::create_directory(blocked); };
  CHECK(runs.train() == 3);
  CHECK(fs::exists(runs.run() / "metrics.csv"));
  CHECK(json_of(runs)["saved_step"].is_null());
  DisturbedProgram::disturb = nullptr;
  fs::remove(blocked);
  CHECK(runs.train({"--resume"}) == 0);
  CHECK(test::hashes(runs.run()) == whole);
}

TEST_CASE("a run that is killed while it replaces another is the new one", "[runtime][kept]") {
  const Runs runs;
  const auto whole = runs.undisturbed({"--seed", "6"});
  REQUIRE(runs.train({"--seed", "5"}) == 0);
  SECTION("in the first epoch") {
    runs.train_until_killed_in(4, {"--seed", "6"});
    CHECK_FALSE(fs::exists(runs.run() / "predictions.csv"));
  }
  SECTION("in the second epoch") { runs.train_until_killed_in(kEpochSteps + 4, {"--seed", "6"}); }
  SECTION("as soon as run.json was written") {
    runs.train_until_killed_in(4, {"--seed", "6"});
    const std::string json = read_file(runs.run() / "run.json");
    REQUIRE(runs.train({"--seed", "5"}) == 0);  // its files are all there
    write_file(runs.run() / "run.json", json);
  }
  CHECK(runs.train({"--resume"}) == 0);
  CHECK(json_of(runs)["seed"] == 6);
  CHECK(test::hashes(runs.run()) == whole);
  CHECK(changed_files(Folder(runs.run())).empty());
}

TEST_CASE("a run that cannot be replaced stays whole", "[runtime][kept]") {
  const Runs runs;
  REQUIRE(runs.train({"--seed", "5"}) == 0);
  fs::rename(runs.run() / "run.json", runs / "kept");
  fs::create_directory(runs.run() / "run.json");
  const auto before = contents(runs.run());
  CHECK(runs.train({"--seed", "6"}) == 3);
  CHECK(contents(runs.run()) == before);
}

TEST_CASE("links in a run directory lead nowhere", "[runtime][kept]") {
  const Runs runs;
  runs.write("outside/7.png", "mine");
  runs.write("outside/last.safetensors", "mine");
  const auto before = contents(runs / "outside");
  SECTION("the folder of images") {
    const bool resume = GENERATE(true, false);
    if (resume) {
      DisturbedProgram::step = kEpochSteps + 2;
      DisturbedProgram::disturb = [] { std::raise(SIGINT); };
      REQUIRE(runs.train() == 130);
      DisturbedProgram::disturb = nullptr;
    } else {
      fs::create_directory(runs.run());
    }
    fs::create_directory_symlink(runs / "outside", runs.run() / "misclassified");
    CHECK_THAT(runs.told(3, {resume ? "--resume" : "--quiet"}),
               Contains("run/misclassified': it is a symbolic link or a file; remove it"));
  }
  SECTION("the state that is to be resumed") {
    REQUIRE(runs.train() == 0);
    fs::rename(runs.run() / RunDirectory::kLast, runs / "outside/last.safetensors");
    fs::create_symlink(runs / "outside/last.safetensors", runs.run() / RunDirectory::kLast);
    const auto moved = contents(runs / "outside");
    CHECK_THAT(runs.told(3, {"--resume"}), Contains("last.safetensors': it is a symbolic link"));
    CHECK(contents(runs / "outside") == moved);
    return;
  }
  SECTION("files that a new run writes") {
    for (const char* name : {"last.safetensors", "metrics.csv", "run.json"}) {
      fs::create_directories(runs.run());
      fs::create_symlink(runs / "outside/last.safetensors", runs.run() / name);
    }
    CHECK(runs.train() == 0);
    CHECK(fs::is_regular_file(fs::symlink_status(runs.run() / "last.safetensors")));
  }
  CHECK(contents(runs / "outside") == before);
}

TEST_CASE("another build continues a run only if that is allowed", "[runtime][kept]") {
  const Runs runs;
  DisturbedProgram::step = kEpochSteps + 2;
  DisturbedProgram::disturb = [] { std::raise(SIGINT); };
  REQUIRE(runs.train() == 130);
  DisturbedProgram::disturb = nullptr;
  DisturbedProgram::instructions = "x86-64 of another age";
  const auto before = contents(runs.run());
  CHECK_THAT(runs.told(1, {"--resume"}),
             Contains("last.safetensors was made by another build (instructions: '") &&
                 Contains("', now 'x86-64 of another age'") && Contains("--allow-other-build"));
  CHECK(contents(runs.run()) == before);
  CHECK(runs.train({"--resume", "--allow-other-build"}) == 0);
  const nlohmann::json builds = json_of(runs)["builds"];
  REQUIRE(builds.size() == 2);
  CHECK(builds[0]["from_epoch"] == 1);
  CHECK(builds[1]["from_epoch"] == 2);
  CHECK(builds[1]["build"]["instructions"] == "x86-64 of another age");
}

TEST_CASE("a state with figures that no run has is damaged", "[runtime][kept]") {
  const Runs runs;
  REQUIRE(runs.train() == 0);
  const std::string row = ",10,0.05,1,50,1,50,0.1,6400,00\n";
  const auto [key, value] = GENERATE_COPY(table<std::string, std::string>(
      {{"epochs", "-5"},
       {"epochs", "2147483647"},
       {"best_epoch", "-1"},
       {"seconds", "1.8p+1000"},
       {"seconds", "-1p+1"},
       {"loss_sum", "inf"},
       {"metrics", "epoch"},
       {"metrics", std::string(kMetricsHeader) + "\n1" + row + "-7" + row},
       {"builds", "[{\"from_epoch\":1}]"}}));
  forge(runs, key, value);
  CHECK_THAT(runs.told(1, {"--resume"}), Contains("last.safetensors: ") && Contains("damaged"));
}

TEST_CASE("a header with a key twice, or nested without end, is damaged", "[runtime][kept]") {
  const auto parse = [](const std::string& header) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
    return parse_safetensors(bytes + header, "f");
  };
  CHECK_THROWS_WITH(parse(R"({"__metadata__":{"epochs":"2","epochs":"3"}})"),
                    Contains("damaged header: the key 'epochs' stands twice"));
  CHECK_THROWS_WITH(parse("{\"a\":" + std::string(200000, '[') + std::string(200000, ']') + "}"),
                    Contains("damaged header: nested more than 64 deep"));
}

TEST_CASE("a file that was changed since the run ended is told and made again", "[runtime][kept]") {
  const Runs runs;
  REQUIRE(runs.train() == 0);
  const auto before = contents(runs.run());
  write_file(runs.run() / "metrics.csv", "better figures");
  CHECK(changed_files(Folder(runs.run())) == std::vector<std::string>{"metrics.csv"});
  CHECK_THAT(runs.told(0, {"--resume"}),
             Contains("warning: ") && Contains("run/metrics.csv was changed since the run ended"));
  CHECK(contents(runs.run()) == before);
}

TEST_CASE("a run is replayed to its first difference", "[runtime][kept]") {
  const Runs runs;
  REQUIRE(runs.train({"--seed", "5"}) == 0);
  const std::string run = runs.run();
  const auto replayed = [&](int status, const std::vector<std::string>& more) {
    std::vector<std::string> all = {"--quiet", "--data", runs.path(), "--replay", run};
    all.insert(all.end(), more.begin(), more.end());
    fs::remove(runs / "said");
    {
      const Redirect elsewhere(stdout, runs / "said");
      CHECK(call(make, all) == status);
    }
    return read_file(runs / "said");
  };
  const auto before = contents(run);
  CHECK(replayed(0, {}) == "epochs 1 to 2: the same figures and weights, to the bit\n");
  CHECK(replayed(0, {"--replay-epochs", "2:2"}) ==
        "epochs 2 to 2: the same figures and weights, to the bit\n");
  CHECK_THAT(runs.told(3, {"--replay", run, "--replay-epochs", "2:3"}),
             Contains("--epochs '2:3' must be A:B, with epochs of the run, from 1 to 2"));
  CHECK(contents(run) == before);

  // Someone gives the second epoch other weights, and right check sums to go with them.
  auto rows = parse_metrics_csv(read_file(run + "/metrics.csv"));
  const std::string right = std::exchange(rows[1].weights_sha256, std::string(64, 'a'));
  const std::string wrong = metrics_csv(rows);
  CheckSums sums = parse_check_sums(read_file(run + "/SHA256SUMS"), "sums");
  sums["metrics.csv"] = sha256_hex(wrong);
  write_file(run + "/metrics.csv", wrong);
  CHECK_THAT(runs.told(1, {"--replay", run}), Contains("metrics.csv was changed since"));
  write_file(run + "/SHA256SUMS", to_text(sums));
  CHECK(replayed(1, {}) == "the first difference: epoch 2; weights_sha256 " + right +
                               ", metrics.csv has " + std::string(64, 'a') + "\n");
  CHECK(replayed(0, {"--replay-epochs", "1:1"}) ==
        "epochs 1 to 1: the same figures and weights, to the bit\n");
}

TEST_CASE("a run's trail hangs on all that made it", "[runtime][kept]") {
  const report::TrailFacts facts{.name = "net",
                                 .variant = "",
                                 .spec_sha256 = "aa",
                                 .data_sha256 = "bb",
                                 .target = "cpu",
                                 .number_type = "F32",
                                 .seed = 1,
                                 .epochs = 2,
                                 .builds = {{1, "{}"}}};
  const EpochRow first{.epoch = 1, .step = 10, .weights_sha256 = std::string(64, '1')};
  const EpochRow second{.epoch = 2, .step = 20, .weights_sha256 = std::string(64, '2')};
  const auto links = [](const report::TrailFacts& of, std::vector<EpochRow> rows) {
    return report::trail(of, metrics_csv(rows));
  };
  const auto right = links(facts, {first, second});
  REQUIRE(right.size() == 2);
  CHECK(right[0] == sha256_hex("net\n\naa\nbb\ncpu\nF32\n1\n2\n{}\n1,10,0,0.000000,0.00,0.000000,"
                               "0.00," +
                               first.weights_sha256));
  CHECK(right[1] ==
        sha256_hex(right[0] + "\n{}\n2,20,0,0.000000,0.00,0.000000,0.00," + second.weights_sha256));
  EpochRow slower = first;
  slower.seconds = 3;
  CHECK(links(facts, {slower, second}) == right);
  EpochRow other = first;
  other.weights_sha256 = std::string(64, '3');
  CHECK(links(facts, {other, second})[1] != right[1]);
  report::TrailFacts later = facts;
  later.builds.push_back({2, "{\"compiler\":\"other\"}"});
  CHECK(links(later, {first, second})[0] == right[0]);
  CHECK(links(later, {first, second})[1] != right[1]);
}
