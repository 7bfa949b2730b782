// Trainers whose surroundings fail them: pipes, terminals, disks, files, other trainers.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/file.hpp"
#include "redirect.hpp"
#include "softmax_program.hpp"
#include "train/checkpoint.hpp"
#include "trainer_support.hpp"

using namespace castnet;
using Catch::Contains;
using test::call;
using test::Redirect;

namespace {

namespace fs = std::filesystem;

test::SoftmaxSetup quick() {
  test::SoftmaxSetup setup{.data_set = "mnist", .batch = 64};
  setup.recipe.epochs = 2;
  return setup;
}

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

std::unique_ptr<Program> make_plain() { return std::make_unique<test::SoftmaxProgram>(quick()); }
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
