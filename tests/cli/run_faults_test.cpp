// Whether a run's files belong together: castnet verify, replay, report and compare ask.
#include <nlohmann/json.hpp>

#include "support.hpp"

namespace {

using namespace castnet::test;

const char* const kTwoEpochs =
    "name: small\ndata: shapes\nlayers: C1:4 P1 GAP c2:10\nnorm: batch\n"
    "train: {epochs: 2, batch: 512}\n";

/// Gives the file other contents, and it must then be told of by name.
void change(const Folder& folder, const std::string& file) {
  std::string text = folder.read(file);
  REQUIRE_FALSE(text.empty());
  text[text.size() / 2] ^= 1;
  folder.write(file, text);
}

TEST_CASE("a run is verified and replayed, and one that was changed is refused by name") {
  const Folder folder;
  folder.write("s.yaml", kTwoEpochs);
  REQUIRE(folder.castnet("train s.yaml --out run --set train.epochs=1 --variant ''").status == 0);
  const auto json = nlohmann::json::parse(folder.read("run/run.json"));
  Result result = folder.castnet("verify run");
  INFO(result.output);
  CHECK(result.status == 0);
  CHECK(result.output == "run: all files are as the run left them; trail " +
                             json.at("trail").get<std::string>() + "\n");
  // The values that were set over the spec are set again.
  result = folder.castnet("replay run");
  CHECK(result.status == 0);
  CHECK(contains(result.output, "epochs 1 to 1: the same figures and weights, to the bit"));
  CHECK(folder.castnet("report run").status == 0);
  REQUIRE(folder.shell("cd run && sha256sum --check --strict --quiet SHA256SUMS").status == 0);

  const std::string file =
      GENERATE("metrics.csv", "confusion.csv", "best.safetensors", "curves.png");
  change(folder, "run/" + file);
  const std::string told = "run: " + file + " was changed or removed since the run ended";
  for (const char* command : {"verify run", "report run"}) {
    result = folder.castnet(command);
    INFO(result.output);
    CHECK(result.status != 0);
    CHECK(contains(result.output, told));
  }
  result = folder.castnet("replay run");
  CHECK(result.status == 1);
  CHECK(contains(result.output, "run/" + file + " was changed since the run ended"));
}

TEST_CASE("figures with check sums of their own do not follow from what a run was made of") {
  const Folder folder;
  folder.write("s.yaml", kTwoEpochs);
  REQUIRE(folder.castnet("train s.yaml --out run").status == 0);
  const auto sign = [&] {
    REQUIRE(folder
                .shell("cd run && sed 's/^.*  //' SHA256SUMS | xargs sha256sum > sums && "
                       "mv sums SHA256SUMS")
                .status == 0);
  };
  sign();
  REQUIRE(folder.castnet("verify run").status == 0);
  SECTION("metrics.csv") {
    REQUIRE(folder.shell("sed -i '2s/^\\(1,[0-9]*,[^,]*,\\)./\\19/' run/metrics.csv").status == 0);
  }
  SECTION("run.json") {
    auto json = nlohmann::ordered_json::parse(folder.read("run/run.json"));
    json["builds"][0]["build"]["compiler"] = "a better one";
    folder.write("run/run.json", json.dump(2) + '\n');
  }
  sign();
  for (const char* command : {"verify run", "report run"}) {
    const Result result = folder.castnet(command);
    INFO(result.output);
    CHECK(result.status != 0);
    CHECK(contains(result.output, "run: the trail of run.json does not match its metrics.csv"));
  }
}

TEST_CASE(
    "compare refuses a finished run that was changed, and trains that of another build anew") {
  const Folder folder;
  folder.write("s.yaml", kTwoEpochs);
  REQUIRE(folder.castnet("compare s.yaml --out out").status == 0);
  const std::string figures = folder.read("out/compare.csv");
  const std::string run = "out/base/seed-1";
  SECTION("changed") {
    change(folder, run + "/confusion.csv");
    Result result = folder.castnet("compare s.yaml --out out");
    INFO(result.output);
    CHECK(result.status == 3);
    CHECK(contains(result.output,
                   run + ": confusion.csv was changed or removed since the run ended; restore it, "
                         "or remove the folder, and the same command trains it again"));
    REQUIRE(folder.shell("rm -r " + run).status == 0);
    CHECK(folder.castnet("compare s.yaml --out out").status == 0);
  }
  SECTION("another build") {
    auto json = nlohmann::ordered_json::parse(folder.read(run + "/run.json"));
    json["status"] = "interrupted";
    json["builds"][0]["build"]["compiler"] = "an older one";
    folder.write(run + "/run.json", json.dump(2));
    const Result result = folder.castnet("compare s.yaml --out out");
    INFO(result.output);
    CHECK(result.status == 0);
    CHECK(
        contains(result.output, "the run in " + run + " is of another build; it is trained anew"));
  }
  CHECK(folder.read("out/compare.csv").substr(0, figures.rfind(",1,")) ==
        figures.substr(0, figures.rfind(",1,")));
}

}  // namespace
