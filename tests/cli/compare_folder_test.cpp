// castnet compare in a folder that holds an earlier comparison: what it takes, and what it leaves.
#include <nlohmann/json.hpp>

#include "../runtime/idx_files.hpp"
#include "support.hpp"

namespace {

using namespace castnet::test;

/// Pixels that look random, the same ones for a seed.
std::string noise(std::size_t bytes, std::uint32_t seed) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    seed = 1664525 * seed + 1013904223;
    text += static_cast<char>(seed >> 24);
  }
  return text;
}

/// MNIST's files below FOLDER/ROOT/mnist, of noise.
void write_mnist(const Folder& folder, const std::string& root, std::uint32_t seed) {
  const auto write = [&](const std::string& prefix, std::size_t images) {
    std::string labels;
    for (std::size_t i = 0; i < images; ++i) labels += static_cast<char>(i % 10);
    folder.write(root + "/mnist/" + prefix + "-images-idx3-ubyte",
                 idx_images(images, noise(images * 28 * 28, seed)));
    folder.write(root + "/mnist/" + prefix + "-labels-idx1-ubyte", idx_labels(labels));
  };
  write("train", 40);
  write("t10k", 20);
}

const char* const kMnist =
    "name: small\ndata: mnist\nlayers: C1:2 P1 GAP c2:10\nnorm: batch\n"
    "train: {epochs: 1, batch: 16}\n";

const char* const kShapes =
    "name: small\ndata: shapes\nlayers: C1:4 P1 GAP c2:10\nnorm: batch\n"
    "train: {epochs: 1, batch: 512}\nvariants: {layer: {norm: layer}}\n";

nlohmann::json run_json(const Folder& folder, const std::string& run) {
  return nlohmann::json::parse(folder.read(run + "/run.json"));
}

TEST_CASE("compare takes no runs of other data, finished or not") {
  const Folder folder;
  folder.write("s.yaml", kMnist);
  write_mnist(folder, "a", 1);
  write_mnist(folder, "b", 2);
  const auto compare = [&](const std::string& options) {
    const Result result = folder.castnet("compare s.yaml --out out " + options);
    INFO(result.output);
    REQUIRE(result.status == 0);
    return result.output;
  };
  const std::string first = compare("--data a");
  CHECK(contains(first, "castnet: 1 training, 0 finished before"));
  const auto of_a = run_json(folder, "out/base/seed-1");
  const std::string table_a = folder.read("out/compare.csv");
  CHECK(contains(compare("--data a"), "1 training, 1 finished before"));

  // With two seeds, one would be of each.
  const std::string other = compare("--data b --seeds 2");
  CHECK(contains(other, "2 trainings, 0 finished before"));
  CHECK(contains(other,
                 "castnet: base seed 1: the run in out/base/seed-1 is of other data; it is trained "
                 "anew and replaced\n"));
  const auto of_b = run_json(folder, "out/base/seed-1");
  CHECK(of_b.at("data").at("sha256") != of_a.at("data").at("sha256"));
  CHECK(of_b.at("final").at("weights_sha256") != of_a.at("final").at("weights_sha256"));
  CHECK(contains(compare("--data b --seeds 2"), "2 trainings, 2 finished before"));

  // Half done on other data: begun anew, not resumed.
  auto json = of_b;
  json["status"] = "interrupted";
  folder.write("out/base/seed-1/run.json", json.dump());
  const std::string begun = compare("--data a");
  CHECK(contains(begun, "the run in out/base/seed-1 is of other data"));
  CHECK_FALSE(contains(begun, "resuming"));
  CHECK(run_json(folder, "out/base/seed-1").at("final") == of_a.at("final"));
  const auto accuracies = [](const std::string& csv) { return csv.substr(0, csv.rfind(",1,")); };
  CHECK(accuracies(folder.read("out/compare.csv")) == accuracies(table_a));

  // What else makes a run what it is.
  for (const auto& [place, value, told] :
       {std::tuple{"/castnet/interface", nlohmann::json(1), "another castnet"},
        {"/target", nlohmann::json("cuda"), "another target"},
        {"/number_type", nlohmann::json("F64"), "another number type"},
        {"/epochs", nlohmann::json(2), "another number of epochs"}}) {
    INFO(place);
    auto changed = run_json(folder, "out/base/seed-1");
    changed[nlohmann::json::json_pointer(place)] = value;
    folder.write("out/base/seed-1/run.json", changed.dump());
    CHECK(contains(compare("--data a"), std::string("is of ") + told + "; it is trained anew"));
  }

  // Without its data nothing is taken, and nothing is lost.
  const std::string kept = folder.read("out/base/seed-1/run.json");
  const Result gone = folder.castnet("compare s.yaml --out out --data nowhere");
  INFO(gone.output);
  CHECK(gone.status == 3);
  CHECK(folder.read("out/base/seed-1/run.json") == kept);
  CHECK(contains(compare("--data a"), "1 training, 1 finished before"));
}

TEST_CASE(
    "an earlier comparison's files go, its runs are told apart, and nothing else is touched") {
  const Folder folder;
  folder.write("s.yaml", kShapes);
  const Result both =
      folder.castnet("compare s.yaml --out out --seeds 2 --target-accuracy 99 --jobs 2");
  INFO(both.output);
  REQUIRE(both.status == 0);
  CHECK(folder.has("out/only_base.png"));
  CHECK(folder.has("out/only_layer.png"));
  folder.write("out/only_mine.csv", "mine");
  folder.write("out/notes.md", "mine");
  const Result whole = folder.castnet("report out -o page.html");
  CHECK(contains(folder.read("page.html"), "\"label\":\"layer\""));
  CHECK(contains(folder.read("page.html"), "epochs to 99 %"));
  CHECK_FALSE(contains(whole.output, "left out"));

  const Result one = folder.castnet("compare s.yaml --out out --variants base");
  INFO(one.output);
  REQUIRE(one.status == 0);
  CHECK(contains(one.output, "1 training, 1 finished before"));
  for (const std::string file :
       {"only_base.csv", "only_base.png", "only_layer.csv", "only_layer.png"}) {
    INFO(file);
    CHECK_FALSE(folder.has("out/" + file));
  }
  CHECK(folder.read("out/only_mine.csv") == "mine");
  CHECK(folder.read("out/notes.md") == "mine");
  CHECK_FALSE(contains(folder.read("out/compare.csv"), "layer"));
  CHECK(folder.has("out/layer/seed-1/run.json"));
  const Result report = folder.castnet("report out -o page.html");
  INFO(report.output);
  CHECK(report.status == 0);
  CHECK(contains(report.output,
                 "out/layer/seed-1 is left out: it belongs to an earlier comparison\n"));
  CHECK(contains(report.output,
                 "out/base/seed-2 is left out: it belongs to an earlier comparison\n"));
  const std::string page = folder.read("page.html");
  CHECK(contains(page, "\"label\":\"base\""));
  CHECK_FALSE(contains(page, "\"label\":\"layer\""));
  CHECK_FALSE(contains(page, "seed 2"));
  CHECK(contains(page, "epochs to 70 %"));
  folder.castnet("report out -o page.html --target-accuracy 12");
  CHECK(contains(folder.read("page.html"), "epochs to 12 %"));

  // What an earlier castnet wrote has no record: the table tells its labels.
  REQUIRE(folder.castnet("compare s.yaml --out out").status == 0);
  REQUIRE(fs::remove(folder.path() / "out/compare.json"));
  REQUIRE(folder.castnet("compare s.yaml --out out --variants layer").status == 0);
  CHECK_FALSE(folder.has("out/only_base.png"));
  CHECK(folder.has("out/only_mine.csv"));

  // A comparison that has trainings before it shows no tables of the one before.
  const Result stopped = folder.castnet(
      "compare s.yaml --out out --variants base --set data=mnist --data nowhere --seeds 2");
  INFO(stopped.output);
  CHECK(stopped.status == 3);
  CHECK_FALSE(contains(folder.read("out/compare.md"), "layer"));
}

TEST_CASE("pictures name the variant, the spec itself, too, and images as they are") {
  const Folder folder;
  folder.write("s.yaml", kShapes);
  const std::string held = "--set 'data={shapes: {hold_out: 1000}}' ";
  const Result result = folder.castnet("compare s.yaml --out out " + held);
  INFO(result.output);
  REQUIRE(result.status == 0);
  CHECK(run_json(folder, "out/base/seed-1").at("title") == "small (base)");
  CHECK(run_json(folder, "out/layer/seed-1").at("title") == "small (layer)");
  CHECK(run_json(folder, "out/layer/seed-1").at("data").at("held_out") == true);
  CHECK(contains(result.output, "9000 training and 1000 held-out images"));
  CHECK(contains(result.output, " held-out loss "));
  CHECK(contains(result.output, "after 1 epoch; "));
  CHECK_FALSE(contains(result.output, "test "));
  const std::string page = folder.read("out/compare.md");
  CHECK(contains(page, "![Misclassified held-out images]"));
  CHECK_FALSE(contains(page, "est images"));
  REQUIRE(folder.castnet("report out -o page.html").status == 0);
  const std::string report = folder.read("page.html");
  CHECK(contains(report, "9000 training and 1000 held-out images"));
  CHECK(contains(report, "\"evaluated\":\"held-out\""));
  CHECK(contains(report, "\"judges\":\"those of the held-out images\""));
  // By itself a variant is named, too.
  REQUIRE(folder.castnet("train s.yaml --variant layer --out mine").status == 0);
  CHECK(run_json(folder, "mine").at("title") == "small (layer)");
  REQUIRE(folder.castnet("report mine -o page.html").status == 0);
  CHECK(contains(folder.read("page.html"), "\"label\":\"small (layer)\""));
}

TEST_CASE("compare neither writes, removes nor reads where links in its folder lead") {
  const Folder folder;
  folder.write("s.yaml", kShapes);
  folder.write("private/seed-1/metrics.csv", "mine");
  folder.write("private/seed-1/run.json", "mine");
  const std::string command = "compare s.yaml --variants base,layer --out out";
  const auto refused = [&](const std::string& link) {
    const Result result = folder.castnet(command);
    INFO(result.output);
    CHECK(result.status == 3);
    CHECK(contains(result.output, "castnet: cannot open the folder '" + link +
                                      "': it is a symbolic link or a file; remove it"));
    CHECK(folder.read("private/seed-1/metrics.csv") == "mine");
    CHECK(folder.read("private/seed-1/run.json") == "mine");
    fs::remove(folder.path() / link);
  };
  fs::create_directory(folder.path() / "out");
  fs::create_symlink("../private", folder.path() / "out/layer");
  refused("out/layer");
  fs::create_directory(folder.path() / "out/layer");
  fs::create_symlink("../../private/seed-1", folder.path() / "out/layer/seed-1");
  refused("out/layer/seed-1");

  // Its own files take the place of links.
  folder.write("precious", "mine");
  const std::vector<std::string> names = {"compare.json",  "compare.csv",   "compare.md",
                                          "loss.png",      "accuracy.png",  "only_base.csv",
                                          "only_base.png", "only_layer.csv"};
  for (const std::string& name : names) {
    fs::remove(folder.path() / "out" / name);
    fs::create_symlink("../precious", folder.path() / "out" / name);
  }
  const Result result = folder.castnet(command);
  INFO(result.output);
  REQUIRE(result.status == 0);
  CHECK(folder.read("precious") == "mine");
  for (const std::string& name : names) {
    INFO(name);
    CHECK(fs::is_regular_file(fs::symlink_status(folder.path() / "out" / name)));
  }
  CHECK(contains(folder.castnet(command).output, "2 trainings, 2 finished before"));

  // A report that is none, or led elsewhere, is made again, without training.
  for (const std::string name :
       {"metrics.csv", "confusion.csv", "misclassified.csv", "predictions.csv", "misclassified"}) {
    INFO(name);
    const fs::path file = folder.path() / "out/base/seed-1" / name;
    fs::remove_all(folder.path() / "moved");
    fs::rename(file, folder.path() / "moved");
    if (name != "misclassified") fs::create_symlink(folder.path() / "moved", file);
    const Result again = folder.castnet(command);
    CHECK(again.status == 0);
    CHECK(contains(again.output, "2 trainings, 1 finished before"));
    CHECK_FALSE(contains(again.output, "epoch  1/1"));
    CHECK_FALSE(fs::is_symlink(file));
    CHECK(fs::exists(file));
  }
}

TEST_CASE("compare reads no run.json and metrics.csv larger than castnet writes") {
  const Folder folder;
  folder.write("s.yaml", kShapes);
  const std::string command = "compare s.yaml --variants base --out out";
  REQUIRE(folder.castnet(command).status == 0);
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  const std::string json = folder.read("out/base/seed-1/run.json");
  folder.write("out/base/seed-1/run.json", "{\"more\":" + deep + ',' + json.substr(1));
  const Result nested = folder.castnet(command);
  INFO(nested.output);
  CHECK(nested.status == 0);
  CHECK(
      contains(nested.output, "the training was complete after step 19 of 19: making the reports"));
  const auto enlarged = [&](const std::string& name) {
    fs::resize_file(folder.path() / "out/base/seed-1" / name, 100'000'000'000);
    return folder.shell("ulimit -v 4000000; timeout 120 " + castnet_command(command));
  };
  const Result metrics = enlarged("metrics.csv");
  INFO(metrics.output);
  CHECK(metrics.status == 0);
  CHECK(contains(metrics.output,
                 "the training was complete after step 19 of 19: making the reports"));
  CHECK(fs::file_size(folder.path() / "out/base/seed-1/metrics.csv") < 100'000);
  const Result record = enlarged("run.json");
  INFO(record.output);
  CHECK(record.status == 0);
  CHECK(
      contains(record.output, "the training was complete after step 19 of 19: making the reports"));
  CHECK(fs::file_size(folder.path() / "out/base/seed-1/run.json") < 100'000);
}

}  // namespace
