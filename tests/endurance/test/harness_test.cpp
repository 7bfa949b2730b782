// The harness finds what it is made to find: commands with a planted fault each.
#include <csignal>

#include "../../catch.hpp"
#include "../../runtime/temporary_folder.hpp"
#include "../child.hpp"
#include "../crash.hpp"
#include "../disturbance.hpp"
#include "../results.hpp"

using namespace castnet::endurance;
using castnet::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// A scenario of shell scripts that work in the stage.
class Planted {
 public:
  Planted(const std::string& script, const std::string& completion) : places_(folder_ / "work") {
    adopt_orphans();
    fs::create_directories(folder_ / "start");
    scenario_ = {.name = "planted",
                 .start = folder_ / "start",
                 .command = shell(script),
                 .program = fs::canonical("/bin/sh").filename(),
                 .share = 1,
                 .completions = {{shell(completion), folder_ / "results"}},
                 .record = {}};
    places_.set_stage(scenario_.start);
    run_counted(places_, scenario_, {});
    scenario_.record = read_record(places_.record);
    copy_folder(places_.stage, folder_ / "results");
  }

  const Scenario& scenario() const { return scenario_; }
  Outcome attempt(const char* kind, long number) const {
    return try_case(places_, {&scenario_, &kind_named(kind), number});
  }

 private:
  std::vector<std::string> shell(const std::string& script) const {
    return {"/bin/sh", "-c", "cd " + places_.stage.string() + " && { " + script + "; }"};
  }

  TemporaryFolder folder_;
  Places places_;
  Scenario scenario_;
};

}  // namespace

TEST_CASE("a command that completes passes", "[harness]") {
  const Planted fine("echo whole > file", "echo whole > file");
  for (long i = 1; i <= std::ssize(fine.scenario().record); ++i) {
    CHECK(fine.attempt("kill", i).verdict == Verdict::same);
  }
  CHECK(fine.attempt("SIGKILL", 0).verdict == Verdict::same);
}

TEST_CASE("a command that refuses is found", "[harness]") {
  const Planted refuses("echo whole > file",
                        "test ! -e file || grep whole file || exit 1; "
                        "echo whole > file");
  CHECK(refuses.attempt("kill", 1).verdict == Verdict::same);     // before it is created
  CHECK(refuses.attempt("kill", 2).verdict == Verdict::refused);  // it is there, and empty
  CHECK(refuses.attempt("torn", 2).verdict == Verdict::refused);
}

TEST_CASE("other results, files left over and untold errors are found", "[harness]") {
  const Planted other("echo 1 > a; echo 2 > b",
                      "test -e a && test ! -e b && exit 0; echo 1 > a; echo 2 > b");
  // create a, write, create b, …
  CHECK(other.attempt("kill", 1).verdict == Verdict::same);
  const Outcome missing = other.attempt("kill", 4);
  CHECK(missing.verdict == Verdict::other);
  CHECK(missing.what.find("b is missing") != std::string::npos);
  const Planted leaves("echo 1 > a; rm a; echo 2 > b", "echo 2 > b");
  CHECK(leaves.attempt("kill", 3).verdict == Verdict::left_over);
  const Planted silent("{ echo whole > file; } 2> /dev/null || exit 3", "echo whole > file");
  const Outcome untold = silent.attempt("ENOSPC", 1);
  CHECK(untold.verdict == Verdict::other);
  CHECK(untold.what.find("not told") != std::string::npos);
}

TEST_CASE("processes that outlive a command are found", "[harness]") {
  const Planted orphan("sleep 100 & echo whole > file", "echo whole > file");
  const Outcome outcome = orphan.attempt("kill", 1);
  INFO(outcome.what);
  CHECK(outcome.verdict == Verdict::other);
  CHECK(outcome.what.find("1 processes outlived") != std::string::npos);
}

TEST_CASE("a power cut loses what was not fsynced", "[harness]") {
  const TemporaryFolder folder;
  folder.write("run/old", "old");
  const fs::path run = folder / "run";
  const auto path = [&](const char* name) { return (run / name).string(); };
  Disk disk(run);
  disk.apply({.name = "create", .path = path(".new.tmp")});
  disk.apply({.name = "write", .path = path(".new.tmp"), .data = "new"});

  SECTION("a rename before fsync has no data") {
    disk.apply({.name = "rename", .path = path(".new.tmp"), .other = path("old")});
    disk.restore(Lost::data);
    CHECK(fs::file_size(run / "old") == 0);
  }
  SECTION("a rename after fsync has them, where it is on the disk") {
    disk.apply({.name = "sync", .path = path(".new.tmp")});
    disk.apply({.name = "rename", .path = path(".new.tmp"), .other = path("old")});
    disk.apply({.name = "mkdir", .path = path("folder")});
    disk.restore(Lost::names);
    CHECK(!fs::exists(run / ".new.tmp"));
    CHECK(fs::file_size(run / "old") == 3);
    CHECK(!fs::exists(run / "folder"));
    disk.restore(Lost::first);  // the creation
    CHECK(fs::exists(run / "folder"));
    disk.apply({.name = "sync", .path = run.string()});
    disk.apply({.name = "unlink", .path = path("folder")});
    disk.restore(Lost::names);
    CHECK(fs::exists(run / "folder"));
    CHECK(!fs::exists(run / ".new.tmp"));
  }
  SECTION("a call that failed changes nothing") {
    disk.apply({.name = "unlink", .error = EIO, .path = path("old")});
    disk.restore(Lost::data);
    CHECK(fs::exists(run / "old"));
  }
}

TEST_CASE("results differ in everything but times", "[harness]") {
  const TemporaryFolder folder;
  const auto differ = [&](const char* name, const char* a, const char* b) {
    folder.write(std::string("a/") + name, a);
    folder.write(std::string("b/") + name, b);
    return difference(folder / "a", folder / "b");
  };
  CHECK(differ("metrics.csv", "epoch,seconds,loss\n1,0.5,2\n", "epoch,seconds,loss\n1,0.7,2\n")
            .empty());
  CHECK(differ("metrics.csv", "epoch,seconds,loss\n1,0.5,2\n", "epoch,seconds,loss\n1,0.5,3\n") ==
        "metrics.csv differs");
  CHECK(differ("metrics.csv", "", "").empty());
  CHECK(differ("run.json", R"({"final": {"seconds": 1, "loss": 2}})",
               R"({"final": {"seconds": 2, "loss": 2}})")
            .empty());
  CHECK(differ("run.json", R"({"final": {"loss": 2}})", R"({"final": {"loss": 3}})") ==
        "run.json differs");
}
