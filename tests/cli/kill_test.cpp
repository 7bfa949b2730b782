// What is left when castnet is killed: no process, nothing that stops the next call.
#include <nlohmann/json.hpp>

#include "support.hpp"

namespace {

using namespace castnet::test;

/// Defines `left`: the programs that run from the cache of these tests or work in it.
const std::string kLeft =
    "left() { for link in $(find /proc/[0-9]*/exe /proc/[0-9]*/cwd -lname \"$(pwd -P)/cache/*\" "
    "2> none); do tr '\\0' ' ' < ${link%/*}/cmdline; echo; done; }\n"
    "wait_until() { i=0; until eval \"$1\"; do i=$((i + 1)); [ $i -lt 600 ] || exit 1; "
    "kill -0 $castnet || exit 1; sleep 0.1; done; }\n";

TEST_CASE("compilers end with castnet, and two castnets may make one program at once") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml",
               "name: tiny\ndata: shapes\nlayers: C1:4 C2:4 GAP c3:10\ntrain: {epochs: 1}\n");
  const std::string build = "'" CASTNET_PROGRAM "' train s.yaml --build-only";
  // In the middle: the compiler has started its own children.
  const Result killed = folder.shell(
      kLeft + build + " > log 2>&1 & castnet=$!\n" +
      "wait_until '[ $(left | wc -l) -ge 2 ]'; kill -KILL $castnet; wait $castnet; echo $?; "
      "sleep 1; left; ls -A cache/castnet");
  INFO(killed.output);
  CHECK(killed.status == 0);
  CHECK(killed.output.starts_with("137\n."));
  CHECK(contains(killed.output, ".building\n"));
  CHECK_FALSE(contains(killed.output, "tiny"));

  const Result both = folder.shell(build + " > first 2>&1 & first=$!\n" + build +
                                   " > second 2>&1; echo $?; wait $first; echo $?; cat first "
                                   "second; ls -A cache/castnet | grep -v lock");
  INFO(both.output);
  CHECK(both.output.starts_with("0\n0\n"));
  const std::string name = both.output.substr(both.output.rfind("tiny-"));
  for (const char* file : {"first", "second"}) {
    CHECK(folder.read(file).ends_with("cache/castnet/" + name.substr(0, name.size() - 1) +
                                      "/trainer\n"));
  }
  // One entry, and nothing of the killed one.
  CHECK(both.output.ends_with("/trainer\n" + name));

  // A program that runs is not removed.
  const std::string clear = "'" CASTNET_PROGRAM "' cache clear 2>&1";
  const Result running = folder.shell(
      kLeft + "'" CASTNET_PROGRAM "' train s.yaml --out run > log 2>&1 & castnet=$!\n" +
      "wait_until '[ -e run ]'; kill -STOP $castnet; " + clear + "; kill -KILL $castnet; " +
      "wait $castnet; " + clear);
  INFO(running.output);
  CHECK(contains(running.output, " stays: it is in use\n"));
  CHECK(running.output.ends_with(" MiB removed from cache/castnet\n"));
  CHECK_FALSE(folder.has("cache/castnet/" + name.substr(0, name.size() - 1)));
}

TEST_CASE("trainers end with castnet compare, which goes on when it is called again") {
  const Folder folder(Folder::Cache::own);
  folder.write("s.yaml", kSmallSpec);
  const std::string command =
      "'" CASTNET_PROGRAM
      "' compare s.yaml --variants base --set train.epochs=6 --seeds 2 --jobs 2 --out out";
  const Result killed = folder.shell(
      kLeft + ": > log; " + command + " > log 2>&1 & castnet=$!\n" +
      "wait_until 'grep -q \"seed 1: epoch  1/6\" log && grep -q \"seed 2: epoch\" log'\n"
      "left; kill -KILL $castnet; wait $castnet; echo killed $?; sleep 2; left; echo none");
  INFO(killed.output << folder.read("log"));
  REQUIRE(killed.status == 0);
  CHECK(contains(killed.output, "/trainer --spec-file"));
  CHECK(killed.output.ends_with("killed 137\nnone\n"));
  // They had the time to save.
  CHECK(nlohmann::json::parse(folder.read("out/base/seed-1/run.json")).at("status") ==
        "interrupted");

  // A training that still writes is waited for.
  const Result again =
      folder.shell("flock out/base/seed-1 sleep 2 & sleep 0.5; " + command + " 2>&1");
  INFO(again.output);
  CHECK(again.status == 0);
  CHECK(contains(again.output,
                 "castnet: base seed 1: waiting for another training that writes into "
                 "out/base/seed-1\n"));
  CHECK(contains(again.output, "base seed 1: resuming after step "));
  CHECK(contains(again.output, "base seed 2: epoch  6/6"));
}

}  // namespace
