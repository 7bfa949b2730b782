// castnet compare: trains variants with several seeds on drawn shapes, and shows them together.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "support.hpp"

namespace {

using namespace castnet::test;

const char* const kSpec =
    "name: small\ndata: shapes\nlayers: C1:4 P1 C2:4 GAP c3:10\nnorm: batch\n"
    "train: {epochs: 1, batch: 512}\n"
    "variants:\n  layer: {norm: layer}\n"
    "  broken: {data: cifar10}\n";

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_CASE("compare trains every variant with every seed, once") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  const Result first =
      folder.castnet("compare s.yaml --variants base,layer --seeds 2 --jobs 2 --out out");
  INFO(first.output);
  REQUIRE(first.status == 0);
  for (const std::string label : {"base", "layer"}) {
    for (const std::string seed : {"1", "2"}) {
      const std::string run = "out/" + label + "/seed-" + seed;
      CHECK(contains(first.output, label + " seed " + seed + ": epoch  1/1"));
      CHECK(contains(folder.read(run + "/train.log"), "epoch  1/1"));
      const auto json = nlohmann::json::parse(folder.read(run + "/run.json"));
      CHECK(json.at("status") == "finished");
      CHECK(json.at("seed") == std::stoi(seed));
      CHECK(json.at("variant") == (label == "base" ? "" : label));
    }
  }
  CHECK(contains(first.output, "4 trainings, 0 finished before; 2 at a time"));
  CHECK(contains(first.output, "variant  parameters     MACs  seeds"));
  CHECK(contains(first.output, "\nbase            318  147,496      2"));
  CHECK(contains(first.output, "pictures: out/loss.png out/accuracy.png"));
  CHECK(folder.read("out/loss.png").substr(1, 3) == "PNG");
  CHECK(folder.read("out/accuracy.png").substr(1, 3) == "PNG");
  const std::string csv = folder.read("out/compare.csv");
  CHECK(lines(csv) == 3);
  CHECK(csv.starts_with("variant,parameters,macs,seeds,best_accuracy,"));
  CHECK(contains(csv, "\nlayer,318,147496,2,"));
  const std::string page = folder.read("out/compare.md");
  CHECK(contains(page, "| base | 318 | 147,496 | 2 |"));
  CHECK(contains(page, "(layer/seed-2/misclassified.png)"));
  CHECK(contains(page, "(layer/seed-2/confusion.png)"));
  for (const std::string label : {"base", "layer"}) {
    const std::string only = folder.read("out/only_" + label + ".csv");
    CHECK(only.starts_with("index,true,predicted,probability,loss\n"));
    CHECK(folder.read("out/only_" + label + ".png").substr(1, 3) == "PNG");
    CHECK(contains(page, "only " + label + " gets wrong, by the first seed of each: " +
                             std::to_string(lines(only) - 1) + " "));
  }
  CHECK(lines(folder.read("out/base/seed-1/predictions.csv")) == 2001);

  const Result again = folder.castnet("compare s.yaml --variants base,layer --seeds 2 --out out");
  INFO(again.output);
  CHECK(again.status == 0);
  CHECK(contains(again.output, "4 trainings, 4 finished before"));
  CHECK_FALSE(contains(again.output, "epoch  1/1"));
  CHECK(folder.read("out/compare.csv") == csv);

  const Result more = folder.castnet("compare s.yaml --variants base --seeds 3 --out out");
  INFO(more.output);
  CHECK(contains(more.output, "3 trainings, 2 finished before"));
  CHECK(contains(more.output, "base seed 3: epoch  1/1"));
  CHECK(contains(folder.read("out/compare.csv"), "\nbase,318,147496,3,"));

  const Result shown = folder.castnet("report out -o out/report.html");
  INFO(shown.output);
  CHECK(shown.status == 0);
  CHECK(contains(folder.read("out/report.html"), "\"label\":\"base, seed 3\""));

  // What an earlier castnet did not write is made without training.
  REQUIRE(fs::remove_all(folder.path() / "out/base/seed-3/misclassified") > 0);
  REQUIRE(fs::remove(folder.path() / "out/base/seed-1/predictions.csv"));
  const Result mended = folder.castnet("compare s.yaml --variants base --seeds 3 --out out");
  INFO(mended.output);
  CHECK(contains(mended.output, "3 trainings, 1 finished before"));
  CHECK_FALSE(contains(mended.output, "epoch  1/1"));
  CHECK(folder.has("out/base/seed-3/misclassified"));
  CHECK(folder.has("out/base/seed-1/predictions.csv"));

  CHECK_FALSE(folder.has("out/base/seed-1/grad_cam.png"));
  const Result mapped =
      folder.castnet("compare s.yaml --variants base --seeds 2 --grad-cam --out out");
  INFO(mapped.output);
  CHECK(mapped.status == 0);
  CHECK(contains(mapped.output, "2 trainings, 0 finished before"));
  CHECK_FALSE(contains(mapped.output, "epoch  1/1"));
  CHECK(folder.read("out/base/seed-2/grad_cam.png").substr(1, 3) == "PNG");
  CHECK(contains(folder.read("out/compare.md"), "(base/seed-2/grad_cam.png)"));

  // A changed spec is another training.
  const Result changed =
      folder.castnet("compare s.yaml --variants base --set train.batch=256 --out out");
  INFO(changed.output);
  CHECK(changed.status == 0);
  CHECK(contains(changed.output, "1 training, 0 finished before"));
  CHECK(contains(changed.output, "base seed 1: replacing the run in out/base/seed-1"));
}

TEST_CASE("compare makes damaged files again from what was saved, without training") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  const std::string command = "compare s.yaml --variants base --out out";
  REQUIRE(folder.castnet(command).status == 0);
  const std::string metrics = folder.read("out/base/seed-1/metrics.csv");
  const std::string table = folder.read("out/compare.csv");
  const auto mended = [&](const std::string& file, const std::string& damaged) {
    folder.write("out/base/seed-1/" + file, damaged);
    const Result result = folder.castnet(command);
    INFO(file << ": " << damaged << '\n' << result.output);
    CHECK(result.status == 0);
    CHECK(
        contains(result.output,
                 "base seed 1: the training was complete after step 19 of 19: making the reports"));
    CHECK_FALSE(contains(result.output, "epoch  1/1"));
    CHECK(folder.read("out/base/seed-1/metrics.csv") == metrics);
    CHECK(folder.read("out/compare.csv") == table);
    CHECK(contains(folder.castnet(command).output, "1 finished before"));
  };
  mended("metrics.csv", metrics.substr(0, metrics.find('\n') + 1));
  mended("metrics.csv", metrics + metrics.substr(metrics.find('\n') + 1));
  mended("run.json", "{\"status\": ");
  // Whose the saved state is, that says itself.
  folder.write("out/base/seed-1/run.json", "");
  const Result other = folder.castnet(command + " --set train.batch=256");
  INFO(other.output);
  CHECK(other.status == 3);
  CHECK(contains(other.output, "castnet: base seed 1 failed with status 1"));
  CHECK(folder.read("out/base/seed-1/metrics.csv") == metrics);
}

TEST_CASE("two comparisons do not write into one folder") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  folder.write("out/compare.csv", "of the first");
  const Result second =
      folder.shell("flock out '" CASTNET_PROGRAM "' compare s.yaml --variants base --out out 2>&1");
  INFO(second.output);
  CHECK(second.status == 3);
  CHECK(second.output ==
        "castnet: another castnet compare is writing in out; wait for it, or give another folder "
        "with --out\n");
  CHECK_FALSE(folder.has("out/base"));
  CHECK(folder.read("out/compare.csv") == "of the first");
}

TEST_CASE("compare goes on after a failed training, tells the end of its log, and exits with 3") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  for (const std::string batch : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                                  "data_batch_5", "test_batch"}) {
    folder.write("data/cifar10/" + batch + ".bin", "truncated");
  }
  const Result result = folder.castnet(
      "compare s.yaml --variants broken,base --jobs 1 --data data --out out "
      "--target-accuracy 1 --set variants.broken.train.seed=7");
  INFO(result.output);
  CHECK(result.status == 3);
  CHECK(contains(result.output,
                 "castnet: broken seed 7 failed with status 3; the end of "
                 "out/broken/seed-7/train.log:\n"));
  CHECK(contains(result.output.substr(result.output.find("the end of")), "error: "));
  CHECK(contains(result.output, "base seed 1: epoch  1/1"));
  CHECK(contains(result.output, "\nbroken          318"));
  const std::string csv = folder.read("out/compare.csv");
  CHECK(contains(csv, "\nbroken,318,147496,0,,,,,,,1,0,,,,\n"));
  CHECK(contains(csv, "\nbase,318,147496,1,"));
  CHECK(contains(folder.read("out/compare.md"), "No run has finished."));
}

TEST_CASE("compare compiles no trainer whose data are missing, and trains the others") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  const std::string command = "compare s.yaml --variants broken,base --jobs 1 --out out --data ";
  const Result result = folder.castnet(command + "nowhere");
  INFO(result.output);
  CHECK(result.status == 3);
  CHECK(contains(result.output, "castnet: broken: data set 'cifar10' not found: "));
  CHECK(contains(result.output,
                 "castnet: broken seed 1 failed: it has no trainer, as reported above"));
  CHECK_FALSE(contains(result.output, "compiling small_broken"));
  CHECK(contains(result.output, "base seed 1: epoch  1/1"));
}

TEST_CASE("compare hands an interrupt on, keeps everything, and goes on later") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  const std::string signal = GENERATE("INT", "HUP");
  const std::string command = "env --default-signal=HUP '" CASTNET_PROGRAM
                              "' compare s.yaml --variants base --set train.epochs=4 --seeds 2 "
                              "--jobs 1 --out out";
  const Result stopped = folder.shell(
      command +
      " >log 2>&1 & castnet=$!; i=0; while [ $i -lt 1200 ] && ! grep -q 'epoch  1/4' log; "
      "do sleep 0.1; i=$((i + 1)); done; kill -" +
      signal + " $castnet; wait $castnet");
  const std::string log = folder.read("log");
  INFO(log);
  CHECK(stopped.status == 130);
  CHECK(contains(log, "castnet: interrupted; the same command continues in out"));
  CHECK(contains(folder.read("out/base/seed-1/run.json"), "\"status\": \"interrupted\""));
  CHECK_FALSE(folder.has("out/base/seed-2"));
  CHECK_FALSE(folder.has("out/compare.md"));
  const Result resumed = folder.shell(command + " 2>&1");
  INFO(resumed.output);
  CHECK(resumed.status == 0);
  CHECK(contains(resumed.output, "base seed 1: resuming after step "));
  CHECK(contains(resumed.output, "base seed 2: epoch  4/4"));
  CHECK(lines(folder.read("out/base/seed-1/metrics.csv")) == 5);
}

TEST_CASE("compare takes several specs, and refuses what it cannot tell apart") {
  const Folder folder;
  folder.write("s.yaml", kSpec);
  folder.write("t.yaml", "name: other\ndata: shapes\nlayers: C1:4 GAP c3:10\ntrain: {epochs: 1}\n");
  const Result unknown = folder.castnet("compare s.yaml --variants base,group");
  INFO(unknown.output);
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.output, "no variant 'group'; the spec has base, layer, broken"));
  const Result twice = folder.castnet("compare s.yaml --variants base,base");
  INFO(twice.output);
  CHECK(twice.status == 2);
  CHECK(contains(twice.output, "'small' is given twice"));
  const Result over =
      folder.castnet("compare s.yaml --variants base --set budget.parameters=300 --out out");
  CHECK(over.status == 1);
  CHECK_FALSE(folder.has("out"));
  CHECK(folder.castnet("compare s.yaml --seeds 0").status == 2);
  const Result both = folder.castnet("compare s.yaml t.yaml --variants base --out out");
  INFO(both.output);
  CHECK(both.status == 0);
  CHECK(contains(both.output, "small seed 1: epoch  1/1"));
  CHECK(contains(both.output, "other seed 1: epoch  1/1"));
  CHECK(folder.has("out/other/seed-1/run.json"));
}

TEST_CASE("compare --match-parameters widens and narrows, and trains what it shows") {
  const Folder folder;
  folder.write(
      "s.yaml",
      "name: small\ndata: shapes\nlayers: C1:8 P1 C2:12 P2 C3:8 GAP c4:10\nnorm: batch\n"
      "overrides: {C2: {channels: 16}}\ntrain: {epochs: 1, batch: 512}\n"
      "variants:\n  wide: {layers: C1:16 P1 C2:32 P2 C3:24 GAP c4:10, norm: {group: {groups: 2}},"
      " overrides: {C2: {kernel: 5}}}\n");
  const Result result = folder.castnet("compare s.yaml --match-parameters 3% --jobs 2 --out out");
  INFO(result.output);
  REQUIRE(result.status == 0);
  CHECK(contains(result.output, "castnet: wide: "));
  const auto start = result.output.find("with layers C1:");
  REQUIRE(start != std::string::npos);
  const std::string layers =
      result.output.substr(start + 12, result.output.find('\n', start) - start - 12);
  CHECK(layers.ends_with(" GAP c4:10"));
  CHECK(contains(folder.read("out/compare.md"), "matched widths: `" + layers + "`"));
  const auto parameters = [&](const std::string& label) {
    return nlohmann::json::parse(folder.read("out/" + label + "/seed-1/run.json"))
        .at("parameters")
        .get<int>();
  };
  CHECK(parameters("base") == 2674);
  CHECK(std::abs(parameters("wide") - 2674) <= 80);
  const Result exact = folder.castnet("compare s.yaml --match-parameters 0% --out other");
  INFO(exact.output);
  CHECK(exact.status == 2);
  CHECK(contains(
      exact.output,
      "s.yaml: error: found no widths that bring small_wide to 2,674 to 2,674 parameters; the "
      "nearest are "));
  CHECK_FALSE(folder.has("other"));
}

TEST_CASE("compare --match-parameters changes one variant where others have other layers") {
  const Folder folder;
  // The budget of multiply-adds stops it before it trains.
  folder.write(
      "s.yaml",
      "name: small\ndata: shapes\nlayers: C1:8 C2:8 P1 GAP c3:10\nbudget: {macs: 1}\n"
      "variants:\n  deep: {layers: C1:8 C2:8 P1 C4:8 GAP c3:10, overrides: {C4: {dilation: "
      "2}, C2: {channels: 12}}}\n");
  const auto matched = [&](const std::string& options) {
    const Result result =
        folder.castnet("compare s.yaml --match-parameters 5% --out out --variants " + options);
    INFO(result.output);
    CHECK(result.status == 1);
    CHECK(contains(result.output, "over its budget"));
    return result.output;
  };
  CHECK(contains(matched("deep,base"), "castnet: base: "));
  CHECK(contains(matched("base,deep"), "castnet: deep: "));
}

}  // namespace
