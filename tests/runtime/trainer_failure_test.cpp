// Trainers whose surroundings fail them: pipes, terminals, disks, files, other trainers.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "redirect.hpp"
#include "run/checkpoint.hpp"
#include "run/run_directory.hpp"
#include "softmax_program.hpp"
#include "trainer_support.hpp"

using namespace castnet;
using Catch::Contains;
using test::call;
using test::make_plain;
using test::quick;
using test::Redirect;

namespace {

namespace fs = std::filesystem;

/// Its terminal closes in the fourth step, which says so twice.
class HangUpProgram : public test::SoftmaxProgram {
 public:
  HangUpProgram() : SoftmaxProgram(quick()) {}
  void update(const Step& step) override {
    SoftmaxProgram::update(step);
    if (step.number != 4) return;
    std::raise(SIGHUP);
    std::raise(SIGHUP);
  }
};

/// Larger than any machine's memory, as its facts have it.
class LargeProgram : public test::SoftmaxProgram {
 public:
  static inline int made = 0;
  LargeProgram() : SoftmaxProgram(quick()) {
    ++made;
    facts_ = SoftmaxProgram::info();
    facts_.memory = std::size_t{1} << 60;
  }
  const ProgramInfo& info() const override { return facts_; }

 private:
  ProgramInfo facts_;
};

/// There is none left for it when the trainer makes it.
std::unique_ptr<Program> make_none_left() {
  static bool first = true;  // the test's own, for the facts
  if (!std::exchange(first, false)) throw std::bad_alloc();
  return std::make_unique<test::SoftmaxProgram>(quick());
}

std::unique_ptr<Program> make_large() { return std::make_unique<LargeProgram>(); }
std::unique_ptr<Program> make_hang_up() { return std::make_unique<HangUpProgram>(); }

/// FOLDER with data for ten steps an epoch.
class DataFolder : public test::TemporaryFolder {
 public:
  DataFolder() { test::write_mnist(*this, 640, 100); }
  std::vector<std::string> to_run(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--data", path().string(), "--out", (*this / "run").string()});
    return more;
  }
};

nlohmann::json run_json(const DataFolder& folder) {
  return nlohmann::json::parse(read_file(folder / "run/run.json"));
}

}  // namespace

TEST_CASE("messages that cannot be written cost no training", "[runtime][trainer]") {
  const DataFolder folder;
  const bool full = GENERATE(true, false);
  {
    const Redirect lost(stderr, full ? ::open("/dev/full", O_WRONLY) : test::broken_pipe());
    CHECK(call(make_plain, folder.to_run()) == 0);
    CHECK(call(make_plain, {"--data", (folder / "nowhere").string()}) == 3);
  }
  CHECK(run_json(folder)["status"] == "finished");
}

TEST_CASE("what is missing is told before the program takes its memory", "[runtime][trainer]") {
  const DataFolder folder;
  const auto told = [&](const std::vector<std::string>& arguments) {
    fs::remove(folder / "told");
    LargeProgram::made = 0;
    const Redirect redirect(stderr, folder / "told");
    CHECK(call(make_large, arguments) == 3);
    CHECK(LargeProgram::made == 1);  // the test's own
  };
  SECTION("data") {
    told({"--data", (folder / "nowhere").string()});
    CHECK_THAT(read_file(folder / "told"), Contains("error: data set 'mnist' not found"));
  }
  SECTION("memory") {
    told(folder.to_run({"--quiet"}));
    CHECK_THAT(read_file(folder / "told"),
               Contains("error: too little memory: the network 'softmax' needs 1152921504.61 GB of "
                        "memory with batch 64: 1,152,921,504,606,846,976 bytes for itself") &&
                   Contains(" are available (") && Contains("lower train.batch"));
  }
  CHECK_FALSE(fs::exists(folder / "run"));
}

TEST_CASE("a program that memory runs out for says what it takes", "[runtime][trainer]") {
  const DataFolder folder;
  {
    const Redirect redirect(stderr, folder / "told");
    CHECK(call(make_none_left, folder.to_run()) == 3);
  }
  CHECK_THAT(read_file(folder / "told"),
             Contains("error: out of memory: the network 'softmax' needs ") &&
                 Contains("with batch 64") && Contains("lower train.batch"));
}

TEST_CASE("a closed terminal ends a run as Ctrl-C does", "[runtime][trainer]") {
  const DataFolder folder;
  const auto before = std::signal(SIGHUP, SIG_DFL);
  REQUIRE(call(make_hang_up, folder.to_run({"--quiet"})) == 130);
  CHECK(read_checkpoint(folder / "run/last.safetensors").metadata.at("step") == "4");
  // Not what runs on without one.
  std::signal(SIGHUP, SIG_IGN);
  CHECK(call(make_hang_up, folder.to_run({"--quiet"})) == 0);
  CHECK(std::signal(SIGHUP, before) == SIG_IGN);
}

TEST_CASE("a run directory has one writer", "[runtime][trainer]") {
  const DataFolder folder;
  REQUIRE(call(make_plain, folder.to_run({"--quiet"})) == 0);
  const std::string state = read_file(folder / "run/last.safetensors");
  {
    const RunDirectory other(folder / "run");
    const bool resume = GENERATE(true, false);
    const Redirect told(stderr, folder / "told");
    CHECK(call(make_plain, folder.to_run(resume ? std::vector<std::string>{"--resume"}
                                                : std::vector<std::string>{"--seed", "8"})) == 3);
    CHECK_THAT(read_file(folder / "told"), Contains("another training is writing into"));
  }
  CHECK(read_file(folder / "run/last.safetensors") == state);
  CHECK(call(make_plain, folder.to_run({"--quiet", "--resume"})) == 0);
}

TEST_CASE("a run removes what runs write and nothing else", "[runtime][trainer]") {
  const DataFolder folder;
  const std::vector<std::string> foreign = {"notes.txt",          ".notes.txt.1.tmp",
                                            ".curves.png",        "misclassified/cat.png",
                                            "misclassified/.png", "misclassified/7.png.bak",
                                            "misclassified/7.jpg"};
  const std::vector<std::string> left = {".curves.png.4008.tmp", ".last.safetensors.1.tmp",
                                         "misclassified/9999.png", "misclassified/.9.png.4008.tmp"};
  for (const auto& names : {foreign, left}) {
    for (const std::string& name : names) folder.write("run/" + name, "x");
  }
  REQUIRE(call(make_plain, folder.to_run({"--quiet"})) == 0);
  for (const std::string& name : foreign) CHECK(fs::exists(folder / "run" / name));
  for (const std::string& name : left) CHECK_FALSE(fs::exists(folder / "run" / name));
}

TEST_CASE("a run without its state is not resumed over its results", "[runtime][trainer]") {
  const DataFolder folder;
  REQUIRE(call(make_plain, folder.to_run({"--quiet"})) == 0);
  fs::remove(folder / "run/last.safetensors");
  const std::string metrics = read_file(folder / "run/metrics.csv");
  {
    const Redirect told(stderr, folder / "told");
    CHECK(call(make_plain, folder.to_run({"--resume"})) == 1);
  }
  CHECK_THAT(read_file(folder / "told"), Contains("run holds results but no last.safetensors"));
  CHECK(read_file(folder / "run/metrics.csv") == metrics);
  CHECK(call(make_plain, folder.to_run({"--quiet"})) == 0);
}

TEST_CASE("a file that may not grow is an error like a full disk", "[runtime][trainer]") {
  const DataFolder folder;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{.rlim_cur = 16384, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const int status = call(make_plain, folder.to_run({"--quiet"}));
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(status == 3);
  CHECK(run_json(folder)["status"] == "failed");
}

TEST_CASE("results that nobody gets are an error", "[runtime][trainer]") {
  const DataFolder folder;
  const auto evaluate = [&] {
    return call(make_plain, {"--quiet", "--data", folder.path().string(), "--eval",
                             (folder / "run/best.safetensors").string()});
  };
  {
    // What has been trained stays so.
    const Redirect lost(stdout, test::broken_pipe());
    CHECK(call(make_plain, folder.to_run({"--quiet"})) == 3);
  }
  CHECK(run_json(folder)["status"] == "finished");
  {
    const Redirect lost(stdout, "/dev/full");
    CHECK(evaluate() == 3);
  }
  CHECK(evaluate() == 0);
}

TEST_CASE("weights that give no loss are an error", "[runtime][trainer]") {
  const DataFolder folder;
  REQUIRE(call(make_plain, folder.to_run({"--quiet"})) == 0);
  SafeTensors best = read_checkpoint(folder / "run/best.safetensors");
  best.tensors.front().data.replace(0, 4, "\xff\xff\xff\xff");
  const auto file = folder.write("nan.safetensors", serialise(best));
  const Redirect told(stderr, folder / "told");
  CHECK(call(make_plain, {"--data", folder.path().string(), "--eval", file.string()}) == 3);
  CHECK_THAT(read_file(folder / "told"), Contains("error: the test loss is"));
}

TEST_CASE("a resumed run keeps its spec's text", "[runtime][trainer]") {
  const DataFolder folder;
  const auto spec = folder.write("spec.yaml", "name: softmax\n");
  REQUIRE(call(make_plain, folder.to_run({"--quiet", "--spec-file", spec.string()})) == 0);
  REQUIRE(call(make_plain, folder.to_run({"--quiet", "--resume"})) == 0);
  CHECK(run_json(folder)["spec"]["text"] == "name: softmax\n");
  // Another spec's text, or what cannot be read, is not taken.
  const auto other = GENERATE(R"({"spec": {"sha256": "x", "text": "name: x"}})",
                              R"({"spec": {"sha256": "5eed", "text": 1}})", R"({"spec": [])");
  folder.write("run/run.json", other);
  REQUIRE(call(make_plain, folder.to_run({"--quiet", "--resume"})) == 0);
  CHECK(run_json(folder)["spec"]["text"] == "");
}

TEST_CASE("wrong usage and broken files have their exit status", "[runtime][trainer]") {
  const DataFolder folder;
  CHECK(call(make_plain, {"--epochs", "none"}) == 2);
  CHECK(call(make_plain, {"--unknown"}) == 2);
  for (const char* seed : {"-1", "9007199254740992", "18446744073709551616"}) {
    CHECK(call(make_plain, {"--seed", seed}) == 2);
  }
  CHECK(call(make_plain, folder.to_run({"--quiet", "--seed", "9007199254740991"})) == 0);
  CHECK(call(make_plain, {"--epochs", "100001"}) == 2);
  const auto file = folder.write("run/last.safetensors", "rubbish");
  CHECK(call(make_plain, folder.to_run({"--quiet", "--resume"})) == 1);
  CHECK(call(make_plain, {"--eval", file.string(), "--quiet", "--data", folder.path().string()}) ==
        1);
  folder.write("occupied", "");
  CHECK(test::train_in(folder, make_plain, "occupied") == 3);
}
