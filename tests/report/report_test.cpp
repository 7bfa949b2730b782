// castnet report: what its file holds, and what it refuses.
#include <algorithm>
#include <cmath>
#include <regex>

#include "run_directory.hpp"

namespace {

using namespace castnet::test;
using Json = nlohmann::json;

/// The text between two marks.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t to = text.find(end, from + begin.size());
  REQUIRE(to != std::string::npos);
  return text.substr(from + begin.size(), to - from - begin.size());
}

/// The data of a report's page.
Json data_of(const std::string& page) {
  return Json::parse(between(page, "<script type=\"application/json\" id=\"data\">", "</script>"));
}

/// Runs castnet report on what is in the folder, and reads the page.
Json reported(const Folder& folder, const std::string& arguments) {
  const Result result = folder.castnet("report " + arguments + " -o page.html");
  INFO(result.output);
  REQUIRE(result.status == 0);
  CHECK(contains(result.output, "page.html\n"));
  return data_of(folder.read("page.html"));
}

TEST_CASE("a report holds a run's figures, confusion, images, layers and spec") {
  const Folder folder;
  write_run(folder, "run");
  const Json data = reported(folder, "run");
  CHECK(data.at("names") == "small");
  REQUIRE(data.at("tables").size() == 1);
  const Json& table = data.at("tables").at(0);
  CHECK(table.at("headings") ==
        Json::parse(R"json(["run", "parameters", "MACs", "best accuracy (%)", "last accuracy (%)",
                        "last loss", "epochs to 70 %", "seconds"])json"));
  CHECK(table.at("rows").at(0).at(2) == Json({{"text", "147,496"}, {"value", 147496}}));
  CHECK(table.at("rows").at(0).at(4) == Json({{"text", "80.00"}, {"value", 80}}));
  CHECK(table.at("rows").at(0).at(7).at("value") == 6);
  const Json& loss = data.at("charts").at(0);
  CHECK(loss.at("title") == "small: loss, 1 seed");
  CHECK(loss.at("axis") == "loss (nats per image)");
  const Json& accuracy = data.at("charts").at(1).at("series").at(0);
  CHECK(accuracy.at("colour") == "#0072b2");
  CHECK(accuracy.at("last_test") == "80.00 %");
  CHECK(accuracy.at("test") == Json::parse("[[50, 50, 50], [80, 80, 80]]"));
  CHECK(accuracy.at("train") == Json::parse("[[40, 40, 40], [40, 40, 40]]"));
  const Json& network = data.at("groups").at(0);
  CHECK(network.at("spec") == kSpec);
  const Json& layers = network.at("layers");
  CHECK(layers.at(0).at(0) == "layer");
  CHECK(layers.at(1) == Json::parse(R"(["C1", "4x32x32", "3x3", "116", "110,592", "32,768",
                                        "3x3 conv 4, batch norm, relu"])"));
  CHECK(layers.back().at(3) == "318");
  const Json& run = network.at("runs").at(0);
  CHECK(run.at("confusion").at("classes") == Json({"cat", "dog"}));
  CHECK(run.at("confusion").at("counts") == Json::parse("[[9, 1], [3, 7]]"));
  CHECK(run.at("confusion").at("accuracy") == Json({"90.0 %", "70.0 %"}));
  const Json& wrong = run.at("worst").at(0);
  CHECK(wrong.at("index") == 7);
  CHECK(wrong.at("true") == "cat");
  CHECK(wrong.at("predicted") == "dog");
  CHECK(wrong.at("probabilities") == Json::parse("[0.25, 0.75]"));
  CHECK(wrong.at("image") ==
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mO4GscAAAM/"
        "ATStijidAAAAAElFTkSuQmCC");
  CHECK(run.at("heat_maps").is_null());
  CHECK(data.at("differences").empty());
  folder.write("run/grad_cam.png", kPixel);
  const Json again = reported(folder, "run");
  CHECK(again.at("groups").at(0).at("runs").at(0).at("heat_maps") == wrong.at("image"));
}

TEST_CASE("runs that differ in the seed alone become one line with a band") {
  const Folder folder;
  write_run(folder, "a", {.seed = 1, .accuracies = {50, 80}});
  write_run(folder, "b", {.sets = {"train.seed=2"}, .accuracies = {60, 90}});
  write_run(folder, "c", {.variant = "layer"});
  const Json data = reported(folder, "a b c --target-accuracy 85");
  CHECK(data.at("tables").at(0).at("caption") == "Variants");
  const Json& groups = data.at("tables").at(0).at("rows");
  REQUIRE(groups.size() == 2);
  CHECK(groups.at(0).at(3).at("text") == "2");
  CHECK(groups.at(0).at(5) == Json({{"text", "85.00 ± 7.07"}, {"value", 85}}));
  CHECK(groups.at(0).at(7).at("text") == "2.0 (1 of 2)");
  CHECK(groups.at(1).at(7) == Json({{"text", "–"}, {"value", nullptr}}));
  CHECK(data.at("tables").at(1).at("rows").size() == 3);
  const Json& chart = data.at("charts").at(1);
  CHECK(chart.at("title") == "small: accuracy, mean of 2 seeds, band ± 1 std");
  const Json& lines = chart.at("series").at(0);
  CHECK(lines.at("runs") == 2);
  CHECK(lines.at("test").at(1).at(0).get<double>() == Approx(85 - std::sqrt(50.0)));
  CHECK(lines.at("test").at(1).at(1) == 85);
  CHECK(lines.at("test").at(1).at(2).get<double>() == Approx(85 + std::sqrt(50.0)));
  CHECK(chart.at("series").at(1).at("colour") == "#d55e00");
  CHECK(data.at("groups").at(0).at("runs").size() == 2);
  // The difference is what castnet diff says.
  REQUIRE(data.at("differences").size() == 1);
  const std::string difference = data.at("differences").at(0).at("text");
  CHECK(difference.starts_with("--- small\n+++ small_layer\n"));
  folder.write("s.yaml", kSpec);
  const std::string diff = folder.castnet("diff s.yaml --variants base,layer").output;
  CHECK(difference.substr(difference.find("\n\n")) == diff.substr(diff.find("\n\n")));
}

TEST_CASE("runs of different networks are no seeds of one") {
  const Folder folder;
  const std::string spec = kSpec;
  const auto leaky = [&](const char* slope) {
    return spec + "activation: {leaky_relu: {slope: " + slope + "}}\n";
  };
  write_run(folder, "a", {.spec = leaky("0.1")});
  write_run(folder, "b", {.spec = leaky("0.2"), .seed = 2});
  write_run(folder, "c", {.spec = "# seed 3\n" + leaky("0.2"), .seed = 3});
  const Json data = reported(folder, "a b c");
  REQUIRE(data.at("groups").size() == 2);
  CHECK(data.at("groups").at(0).at("runs").size() == 1);
  CHECK(data.at("groups").at(1).at("runs").size() == 2);
}

TEST_CASE("what was set over a run's spec is read again, quotes and all") {
  const Folder folder;
  write_run(folder, "run", {.sets = {"norm={'group': {\"groups\": 2}}", "name=small"}});
  const Json layers = reported(folder, "run").at("groups").at(0).at("layers");
  CHECK(contains(layers.dump(), "group norm (2 groups)"));
}

TEST_CASE("runs under other conditions, or with other values set, are other lines") {
  const Folder folder;
  write_run(folder, "a");
  write_run(folder, "b", {.sets = {"train.batch=64"}});
  write_run(folder, "c", {.seed = 2, .accuracies = {50, 60, 70}});
  const Json data = reported(folder, "a b c");
  REQUIRE(data.at("groups").size() == 3);
  CHECK(data.at("groups").at(0).at("label") == "small (a)");
  CHECK(data.at("groups").at(1).at("label") == "small (b)");
  CHECK(data.at("groups").at(1).at("sets") == Json({"train.batch=64"}));
  CHECK(contains(data.at("differences").at(0).at("text"), "train.batch: 128 → 64\n"));
}

TEST_CASE("a comparison's folder is all of its finished runs, in its order") {
  const Folder folder;
  write_run(folder, "out/layer/seed-1", {.variant = "layer"});
  write_run(folder, "out/batch/seed-10", {.seed = 10});
  write_run(folder, "out/batch/seed-2", {.seed = 2});
  write_run(folder, "out/batch/seed-3", {.seed = 3, .status = "interrupted"});
  folder.write("out/batch/other/run.json", "{}");
  folder.write("out/compare.csv", "variant,parameters\nlayer,1\nbatch,2\n");
  const Json data = reported(folder, "out");
  REQUIRE(data.at("groups").size() == 2);
  CHECK(data.at("groups").at(0).at("label") == "layer");
  const Json& batch = data.at("groups").at(1);
  REQUIRE(batch.at("runs").size() == 2);
  CHECK(batch.at("runs").at(0).at("label") == "batch, seed 2");
  CHECK(batch.at("runs").at(1).at("label") == "batch, seed 10");
  CHECK(data.at("left_out") == Json({"out/batch/seed-3: the run is not finished (interrupted)"}));
}

TEST_CASE("texts of strangers cannot become markup") {
  const Folder folder;
  RunSetup setup;
  setup.spec =
      "# </script><script>document.title = 1</script><!-- {{data}} & \"\\\n" + std::string(kSpec);
  setup.classes = {"<b>cat</b>", "</script>"};
  write_run(folder, "run", setup);
  write_run(folder, "<i>run", setup);
  const Json data = reported(folder, "run '<i>run'");
  CHECK(data.at("groups").at(0).at("spec") == setup.spec);
  CHECK(data.at("groups").at(0).at("runs").at(0).at("confusion").at("classes") ==
        Json(setup.classes));
  const std::string page = folder.read("page.html");
  const std::string json =
      between(page, "<script type=\"application/json\" id=\"data\">", "</script>");
  CHECK_FALSE(contains(json, "<"));
  CHECK_FALSE(contains(page, "<script>document.title"));
  CHECK_FALSE(contains(page, "<i>run"));
}

TEST_CASE("the page refers to nothing outside of it, and keeps the charts' licence") {
  const Folder folder;
  write_run(folder, "run");
  reported(folder, "run");
  std::string page = folder.read("page.html");
  CHECK(contains(page, "default-src 'none'"));
  CHECK(contains(page, "Dan Vanderkam"));
  CHECK(contains(page, "Permission is hereby granted"));
  CHECK_FALSE(contains(page, "sourceMappingURL"));
  CHECK_FALSE(std::regex_search(page, std::regex("\\{\\{[a-z.]+\\}\\}")));
  CHECK_FALSE(contains(page, "@import"));
  CHECK_FALSE(std::regex_search(page, std::regex("<(link|iframe|object|embed|base|form)\\b")));
  // Markup and style sheets: the scripts' texts are another thing.
  for (std::size_t at; (at = page.find("<script")) != std::string::npos;) {
    CHECK_FALSE(contains(page.substr(at, page.find('>', at) - at), "src="));
    page.erase(at, page.find("</script>", at) - at);
    page.erase(page.find("</script>", at), 9);
  }
  CHECK_FALSE(std::regex_search(page, std::regex("\\b(src|href|srcset|action|data)=")));
  CHECK_FALSE(contains(page, "url("));
}

TEST_CASE("a report tells that a run diverged") {
  const Folder folder;
  const auto facts = [&](bool diverged) {
    write_run(folder, "run", {.more = {{"diverged", diverged}}});
    return reported(folder, "run").at("groups").at(0).at("runs").at(0).at("facts").dump();
  };
  CHECK(contains(facts(true), R"(["diverged","yes: the last epoch's training and test loss)"));
  CHECK_FALSE(contains(facts(false), "diverged"));
}

TEST_CASE("what is no finished run is refused, with what to do") {
  const Folder folder;
  write_run(folder, "fine");
  const auto refused = [&](const std::string& arguments, const std::string& message) {
    const Result result = folder.castnet("report " + arguments);
    INFO(result.output);
    CHECK(result.status == 2);
    CHECK(contains(result.output, message));
    CHECK_FALSE(folder.has("report.html"));
  };
  refused("", "RUN is required");
  refused("nowhere", "error: nowhere: there is no such folder");
  folder.write("empty/notes.txt", "");
  refused("fine empty", "error: empty: neither a run directory (there is no empty/run.json)");
  refused("fine ./fine", "this run is given twice");
  write_run(folder, "cut", {.status = "interrupted"});
  refused("cut",
          "error: cut: the run is not finished (interrupted); `castnet train SPEC --out cut "
          "--resume` finishes it");
  write_run(folder, "nan",
            {.status = "failed", .more = {{"failure", {{"non_finite_loss", true}}}}});
  refused("nan",
          "error: nan: the run is not finished (failed: the loss was not finite); --resume would "
          "end in the same way; change the spec");
  write_run(folder, "full",
            {.status = "failed", .more = {{"failure", {{"non_finite_loss", false}}}}});
  refused("full", "(failed); `castnet train SPEC --out full --resume` finishes it");
  write_run(folder, "out/base/seed-1", {.status = "running"});
  refused("out", "no run of the comparison has finished");
  folder.write("json/run.json", "{\"status\": ");
  refused("json", "error: json/run.json: not a run's JSON");
  folder.write("bare/run.json", "{\"status\": \"finished\"}");
  refused("bare", "error: bare/run.json: not a run's JSON");
  for (const std::string file :
       {"metrics.csv", "confusion.csv", "misclassified.csv", "misclassified/7.png"}) {
    write_run(folder, "gone");
    fs::remove(folder.path() / "gone" / file);
    refused("gone", "error: cannot read 'gone/" + file +
                        "': No such file or directory; `castnet train SPEC --out gone --resume` "
                        "makes it again");
  }
  for (const std::string file : {"metrics.csv", "confusion.csv", "misclassified.csv"}) {
    write_run(folder, "bad");
    folder.write("bad/" + file, "rubbish\n");
    refused("bad", "error: bad/" + file + ": ");
  }
  write_run(folder, "odd", {.accuracies = {50, 80, 90}});
  const std::string metrics = folder.read("odd/metrics.csv");
  const auto row = [&](std::size_t epoch) {
    return metrics.find('\n' + std::to_string(epoch) + ",1,") + 1;
  };
  const auto damaged = [&](const std::string& text, const std::string& what) {
    folder.write("odd/metrics.csv", text);
    refused("odd", "error: odd/metrics.csv: " + what + "; `castnet train");
  };
  const std::string last = "does not end with the last epoch of run.json";
  damaged(metrics.substr(0, row(1)), last);
  damaged(metrics.substr(0, row(3)), last);
  damaged(metrics.substr(0, row(2)) + metrics.substr(row(3)), "has epoch 3 where 2 should be");
  damaged(metrics.substr(0, row(1)) + metrics.substr(row(2)), "has epoch 2 where 1 should be");
  damaged(metrics.substr(0, row(3)) + "3,1,0.1,1.5,40,nan,90,3,100," + weights_hash(3) + "\n",
          "damaged metrics: line 4: cell 6: 'nan' is not finite");
  damaged(metrics.substr(0, metrics.size() - 2) + "4\n", last);
  write_run(folder, "old");
  folder.write("old/misclassified.csv",
               "index,true,predicted,probability,loss\n7,cat,dog,0.75,1.39\n");
  refused("old", "error: old/misclassified.csv: lacks the probabilities of all classes");
}

TEST_CASE("a class without test images has no accuracy") {
  const Folder folder;
  write_run(folder, "run");
  folder.write("run/confusion.csv", "true,cat,dog,accuracy\ncat,9,1,90.00\ndog,0,0,\n");
  const Json data = reported(folder, "run");
  CHECK(data.at("groups").at(0).at("runs").at(0).at("confusion").at("accuracy") ==
        Json({"90.0 %", "–"}));
}

TEST_CASE("what a page shows is rounded once, as in the run's pictures") {
  const Folder folder;
  write_run(folder, "run");
  // 97.147 % is 97.15 % in the file, which would be 97.2 %; 97.25 % is a tie.
  folder.write("run/confusion.csv", "true,cat,dog,accuracy\ncat,2929,86,97.15\ndog,11,389,97.25\n");
  folder.write("run/misclassified.csv",
               "index,true,predicted,probability,loss,cat,dog\n"
               "7,cat,dog,0.9714999,3.5,0.0625,0.9714999\n");
  const Json run = reported(folder, "run").at("groups").at(0).at("runs").at(0);
  CHECK(run.at("confusion").at("accuracy") == Json({"97.1 %", "97.2 %"}));
  CHECK(run.at("worst").at(0).at("percent") == "97.1 %");
  CHECK(run.at("worst").at(0).at("percents") == Json({"6.2 %", "97.1 %"}));
}

TEST_CASE("runs of other data are no seeds of one") {
  const Folder folder;
  write_run(folder, "out/base/seed-1");
  write_run(folder, "out/base/seed-2", {.seed = 2});
  const auto change = [&](const char* place, const Json& value) {
    Json json = Json::parse(run_json({.seed = 2}));
    json[Json::json_pointer(place)] = value;
    folder.write("out/base/seed-2/run.json", json.dump());
    return reported(folder, "out").at("groups").size();
  };
  CHECK(change("/seed", 2) == 1);
  CHECK(change("/data/sha256", "cd") == 2);
  CHECK(change("/castnet/interface", 1) == 2);
  CHECK(change("/device/precision", "bf16") == 2);
}

TEST_CASE("a report of a comparison is of its record's runs, in its order") {
  const Folder folder;
  for (const std::string seed : {"1", "2"}) {
    write_run(folder, "out/base/seed-" + seed, {.seed = std::stoull(seed)});
    write_run(folder, "out/layer/seed-" + seed, {.variant = "layer", .seed = std::stoull(seed)});
  }
  folder.write("out/compare.json",
               R"({"target_accuracy": 60, "variants": [{"label": "layer", "seeds": [1]},)"
               R"( {"label": "base", "seeds": [1, 2, 3]}]})");
  const Json data = reported(folder, "out");
  REQUIRE(data.at("groups").size() == 2);
  CHECK(data.at("groups").at(0).at("label") == "layer");
  CHECK(data.at("groups").at(0).at("runs").size() == 1);
  CHECK(data.at("groups").at(1).at("runs").size() == 2);
  CHECK(data.at("left_out") == Json({"out/base/seed-3: the run is not finished (not begun)"}));
  CHECK(data.at("tables").at(0).at("headings").at(7) == "epochs to 60 %");
  folder.write("other/compare.json",
               R"({"target_accuracy": 80, "variants": [{"label": "base", "seeds": [5]}]})");
  write_run(folder, "other/base/seed-5", {.seed = 5});
  CHECK(reported(folder, "out other").at("tables").at(0).at("headings").at(7) == "epochs to 70 %");
  folder.write("out/compare.json", R"({"target_accuracy": 60, "variants": [{"label": "../x"}]})");
  const Result damaged = folder.castnet("report out");
  CHECK(damaged.status == 2);
  CHECK(contains(damaged.output, "error: out/compare.json: not a file of castnet compare"));
}

TEST_CASE("a spec that cannot be read costs its table and differences only") {
  const Folder folder;
  write_run(folder, "fine");
  write_run(folder, "odd", {.spec = "name: small\nfrom: the future\n", .seed = 2});
  const Result result = folder.castnet("report fine odd -o page.html");
  INFO(result.output);
  REQUIRE(result.status == 0);
  CHECK(contains(result.output, "odd/run.json (spec):"));
  CHECK(contains(result.output, "unknown key 'from'"));
  CHECK(contains(result.output, "cannot read the run's spec"));
  const Json data = data_of(folder.read("page.html"));
  REQUIRE(data.at("groups").size() == 2);
  CHECK(data.at("groups").at(1).at("layers").is_null());
  CHECK(data.at("groups").at(1).at("spec") == "name: small\nfrom: the future\n");
  CHECK(data.at("tables").at(0).at("rows").at(1).at(2) ==
        Json({{"text", "–"}, {"value", nullptr}}));
  CHECK(data.at("differences").empty());
}

TEST_CASE("the file is written whole or not at all") {
  const Folder folder;
  write_run(folder, "run");
  folder.write("page.html", "an earlier one");
  const auto files = [&] {
    return std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator());
  };
  const auto before = files();
  // A disk without room: a limit on the size of files that the page exceeds.
  const Result full =
      folder.shell("trap '' XFSZ; ulimit -f 8; '" CASTNET_PROGRAM "' report run -o page.html 2>&1");
  INFO(full.output);
  CHECK(full.status == 3);
  CHECK(contains(full.output, "cannot write"));
  CHECK(contains(full.output, "page.html"));
  CHECK(folder.read("page.html") == "an earlier one");
  CHECK(files() == before);
  CHECK(folder.castnet("report run -o run").status == 2);
  CHECK(folder.castnet("report run -o new/page.html").status == 0);
  CHECK(contains(folder.read("new/page.html"), "</html>"));
  CHECK(folder.castnet("report run").status == 0);
  CHECK(folder.has("report.html"));
}

TEST_CASE("a report goes where the name leads, and keeps what it finds there") {
  const Folder folder;
  write_run(folder, "run");
  folder.write("real/page.html", "an earlier one");
  fs::permissions(folder.path() / "real/page.html", fs::perms(0600));
  fs::create_symlink("real/page.html", folder.path() / "link.html");
  fs::create_symlink("real/new.html", folder.path() / "dangling.html");
  REQUIRE(folder.castnet("report run -o link.html").status == 0);
  REQUIRE(folder.castnet("report run -o dangling.html").status == 0);
  CHECK(fs::is_symlink(folder.path() / "link.html"));
  CHECK(fs::is_symlink(folder.path() / "dangling.html"));
  const std::string page = folder.read("real/page.html");
  CHECK(contains(page, "</html>"));
  CHECK(folder.read("real/new.html") == page);
  CHECK(fs::status(folder.path() / "real/page.html").permissions() == fs::perms(0600));

  // What is no file is written to; where it cannot be, that is told.
  const std::string program = "'" CASTNET_PROGRAM "' report run -o ";
  CHECK(folder.shell(program + "/dev/stdout").output == page);
  CHECK(folder.shell(program + "/dev/stdout | head -c 15").output == page.substr(0, 15));
  CHECK(folder.shell("{ echo before; " + program + "/dev/stdout; echo after; } >all; cat all")
            .output == "before\n" + page + "after\n");
  CHECK(folder.shell("mkfifo fifo; cat fifo >read & " + program + "fifo; wait; cat read").output ==
        page);
  CHECK(fs::is_fifo(folder.path() / "fifo"));
  fs::create_symlink("/dev/full", folder.path() / "full.html");
  const Result full = folder.castnet("report run -o full.html");
  CHECK(full.status == 3);
  CHECK(contains(full.output, "castnet: cannot write 'full.html': No space left on device"));
  CHECK(fs::is_symlink(folder.path() / "full.html"));
  fs::create_symlink("loop", folder.path() / "loop");
  CHECK(contains(folder.castnet("report run -o loop").output, "Too many levels of symbolic links"));
}

}  // namespace
