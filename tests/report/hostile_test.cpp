// castnet report on run directories that a stranger made.
#include <sys/stat.h>

#include "run_directory.hpp"

namespace {

using namespace castnet::test;
using Json = nlohmann::json;

constexpr std::uintmax_t kMebibyte = 1 << 20;

/// What castnet report says of its arguments. It may neither wait, nor take all memory.
Result report(const Folder& folder, const std::string& arguments) {
  return folder.shell("ulimit -v 4000000; timeout 60 '" CASTNET_PROGRAM "' report " + arguments +
                      " -o page.html 2>&1");
}

/// Refused, with this message, and without a page.
void refused(const Folder& folder, const std::string& arguments, const std::string& message) {
  const Result result = report(folder, arguments);
  INFO("expected: " << message << "\ntold: " << result.output.substr(0, 3000));
  CHECK(result.status == 2);
  CHECK(contains(result.output, message));
  CHECK(result.output.size() < 3000);
  CHECK_FALSE(folder.has("page.html"));
}

void accepted(const Folder& folder, const std::string& arguments) {
  const Result result = report(folder, arguments);
  INFO(result.output.substr(0, 3000));
  CHECK(result.status == 0);
  CHECK(fs::remove(folder.path() / "page.html"));
}

/// Four bytes, big-endian.
std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

std::string chunk(const std::string& kind, const std::string& data) {
  return big_endian(static_cast<std::uint32_t>(data.size())) + kind + data + "sums";
}

const std::string kSignature = kPixel.substr(0, 8);

std::string header(std::uint32_t width, std::uint32_t height) {
  return chunk("IHDR", big_endian(width) + big_endian(height) + std::string("\x08\x02\0\0\0", 5));
}

const std::string kEnd = chunk("IEND", "");

TEST_CASE("a report holds nothing that a link in a run directory leads to") {
  const Folder folder;
  for (const std::string name : {"run.json", "metrics.csv", "confusion.csv", "misclassified.csv",
                                 "misclassified/7.png", "grad_cam.png"}) {
    // The same bytes, elsewhere.
    write_run(folder, "run");
    folder.write("run/grad_cam.png", kPixel);
    accepted(folder, "run");
    const fs::path file = folder.path() / "run" / name;
    fs::rename(file, folder.path() / "secret");
    fs::create_symlink(folder.path() / "secret", file);
    refused(folder, "run",
            "error: cannot read 'run/" + name + "': it is a symbolic link; remove run/" +
                name.substr(0, name.find('/')) + ", and `castnet train SPEC --out run --resume");
    fs::remove(file);
    // Nor is read what never ends, or is no file.
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    refused(folder, "run", "error: cannot read 'run/" + name + "': it is a pipe, not a regular");
    fs::remove(file);
    fs::create_directory(file);
    refused(folder, "run", "error: cannot read 'run/" + name + "': it is a folder");
    fs::remove(file);
  }
  write_run(folder, "run");
  fs::rename(folder.path() / "run/misclassified", folder.path() / "elsewhere");
  fs::create_symlink("../elsewhere", folder.path() / "run/misclassified");
  refused(folder, "run", "'run/misclassified': it is a symbolic link or a file");
  // The user may name a link.
  write_run(folder, "real");
  fs::create_symlink("real", folder.path() / "link");
  accepted(folder, "link");
}

TEST_CASE("a comparison's folder is read without following links in it") {
  const Folder folder;
  write_run(folder, "out/base/seed-1");
  write_run(folder, "private/seed-1", {.variant = "layer"});
  write_run(folder, "secret", {.seed = 2});
  fs::create_symlink("../private", folder.path() / "out/layer");
  fs::create_symlink("../../secret", folder.path() / "out/base/seed-2");
  const Result result = report(folder, "out");
  INFO(result.output);
  REQUIRE(result.status == 0);
  CHECK(contains(result.output, "castnet report: out/layer is left out: it is a symbolic link\n"));
  CHECK(contains(result.output,
                 "castnet report: out/base/seed-2 is left out: it is a symbolic link\n"));
  CHECK_FALSE(contains(folder.read("page.html"), "small_layer"));
  fs::remove(folder.path() / "page.html");
  folder.write("out/compare.json",
               R"({"target_accuracy": 60, "variants": [{"label": "base", "seeds": [1, 2]}]})");
  refused(folder, "out", "error: cannot open the folder 'out/base/seed-2': it is a symbolic link");
  folder.write("out/compare.json",
               R"({"target_accuracy": 60, "variants": [{"label": "layer", "seeds": [1]}]})");
  refused(folder, "out", "error: cannot open the folder 'out/layer': it is a symbolic link");
  fs::rename(folder.path() / "out/compare.json", folder.path() / "record");
  fs::create_symlink("../record", folder.path() / "out/compare.json");
  refused(folder, "out", "error: cannot read 'out/compare.json': it is a symbolic link");
}

TEST_CASE("what is no picture is not put into a page") {
  const Folder folder;
  const auto not_a_picture = [&](const std::string& bytes, const std::string& why) {
    write_run(folder, "run");
    folder.write("run/misclassified/7.png", bytes);
    refused(folder, "run",
            "error: run/misclassified/7.png: not a PNG picture for a page: " + why +
                "; `castnet train SPEC --out run --resume` makes it again");
    write_run(folder, "run");
    folder.write("run/grad_cam.png", bytes);
    refused(folder, "run",
            "error: run/grad_cam.png: not a PNG picture for a page: " + why +
                "; `castnet train SPEC --out run --resume --grad-cam` makes it again");
    fs::remove(folder.path() / "run/grad_cam.png");
  };
  const std::string sides = ", and not 1 to 8192 each way";
  const std::string key = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  not_a_picture("", "it has no PNG signature");
  not_a_picture(key, "it has no PNG signature");
  not_a_picture(kSignature + key, "its end is missing");
  not_a_picture(kSignature + chunk("tEXt", key) + header(1, 1) + kEnd,
                "its header does not come first");
  not_a_picture(kSignature + chunk("IHDR", key) + kEnd, "its header is damaged");
  not_a_picture(kSignature + header(1, 1) + header(1, 1) + kEnd, "its header does not come first");
  not_a_picture(kSignature + header(0, 1) + kEnd, "it has 0 by 1 pixels" + sides);
  not_a_picture(kSignature + header(1, 8193) + kEnd, "it has 1 by 8193 pixels" + sides);
  not_a_picture(kSignature + header(0xffffffff, 1) + kEnd, "it has 4294967295 by 1 pixels" + sides);
  not_a_picture(kPixel + key, "more bytes follow its end");
  not_a_picture(kPixel.substr(0, 40), "its end is missing");
  not_a_picture(kSignature + header(1, 1) + big_endian(0xfffffff4) + "IDAT" + kEnd,
                "its end is missing");
  write_run(folder, "out/base/seed-1");
  folder.write("out/base/seed-1/misclassified/7.png", key);
  const std::string made = ", and the `castnet compare` that made it makes it again";
  refused(folder, "out", "remove out/base/seed-1/misclassified" + made);
  fs::remove(folder.path() / "out/base/seed-1/misclassified/7.png");
  refused(folder, "out", "remove out/base/seed-1/misclassified" + made);
  folder.write("out/base/seed-1/confusion.csv", key);
  refused(folder, "out", "remove out/base/seed-1/confusion.csv" + made);
  fs::remove(folder.path() / "out/base/seed-1/confusion.csv");
  refused(folder, "out", "No such file or directory; the `castnet compare` that made it");
}

TEST_CASE("JSON that no castnet writes is refused") {
  const Folder folder;
  const auto damaged = [&](const std::string& json, const std::string& what) {
    write_run(folder, "run");
    folder.write("run/run.json", json);
    refused(folder, "run", "error: run/run.json: not a run's JSON: " + what);
  };
  const std::string fine = run_json({});
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  const auto with = [&](const char* place, const Json& value) {
    Json json = Json::parse(fine);
    json[Json::json_pointer(place)] = value;
    return json.dump();
  };
  damaged("{\"more\":" + deep + ',' + fine.substr(1), "nested more than 64 deep");
  std::string nested = with("/batch", "DEEP");
  nested.replace(nested.find("\"DEEP\""), 6, deep);
  damaged(nested, "nested more than 64 deep");
  damaged("{\"seed\":7," + fine.substr(1), "the key 'seed' stands twice in one object");
  damaged(with("/seed", -1), "has another value where a whole number should be");
  damaged(with("/seed", 0.5), "has another value where a whole number should be");
  damaged(with("/reported/epoch", 1e300), "has another value where a whole number should be");
  damaged(with("/reported/epoch", 1LL << 40), "has another value where a whole number should be");
  damaged(with("/parameters", UINT64_MAX), "has another value where a whole number should be");
  damaged(with("/name", std::string(1001, 'n')), "has a name of more than 1000 bytes");
  damaged(with("/title", std::string(1001, 'n')), "has a name of more than 1000 bytes");
  damaged(with("/variant", std::string(1001, 'n')), "has a name of more than 1000 bytes");
  write_run(folder, "run", {.status = "failed", .more = {{"failure", Json::array({1})}}});
  refused(folder, "run", "error: run/run.json: not a run's JSON: ");

  write_run(folder, "out/base/seed-1");
  const auto record = [&](const std::string& text) {
    folder.write("out/compare.json", text);
    refused(folder, "out", "error: out/compare.json: not a file of castnet compare");
  };
  record(R"({"target_accuracy": 60, "variants": )" + deep + '}');
  record(R"({"target_accuracy": 1e300, "variants": [{"label": "base", "seeds": [1]}]})");
  record(R"({"target_accuracy": 60, "variants": [{"label": "base", "seeds": [-1]}]})");
  record(R"({"target_accuracy": 60, "variants": [{"label": "base", "seeds": [1e300]}]})");
}

TEST_CASE("files larger than castnet writes are refused unread") {
  const Folder folder;
  const auto large = [&](const std::string& run, const std::string& name) {
    write_run(folder, run);
    const fs::path file = folder.path() / run / name;
    if (!fs::exists(file)) folder.write(run + '/' + name, "");
    fs::resize_file(file, 100'000 * kMebibyte);
    refused(folder, run.substr(0, run.find('/')), "it has 104857600000 bytes, more than the ");
    fs::remove_all(folder.path() / run);
  };
  for (const std::string name : {"run.json", "metrics.csv", "confusion.csv", "misclassified.csv",
                                 "misclassified/7.png", "grad_cam.png"}) {
    INFO(name);
    large("run", name);
  }
  large("out/base/seed-1", "../../compare.json");
  fs::remove(folder.path() / "out/compare.json");
  // The table gives the order alone.
  write_run(folder, "out/base/seed-1");
  folder.write("out/compare.csv", "");
  fs::resize_file(folder.path() / "out/compare.csv", 100'000 * kMebibyte);
  accepted(folder, "out");
  // Each is small enough, and all together are not.
  const fs::path map =
      folder.write("map.png", kSignature + header(1, 1) + big_endian(60 * kMebibyte) + "IDAT");
  std::string runs;
  fs::resize_file(map, fs::file_size(map) + 60 * kMebibyte + 4);
  std::ofstream(map, std::ios::app) << kEnd;
  for (int i = 1; i <= 5; ++i) {
    const std::string name = "r" + std::to_string(i);
    write_run(folder, name, {.seed = static_cast<std::uint64_t>(i)});
    fs::create_hard_link(map, folder.path() / name / "grad_cam.png");
    runs += ' ' + name;
  }
  refused(folder, runs, "error: the runs have more than 256 MiB of figures and pictures");
}

TEST_CASE("a hundred thousand epochs are shown in seconds, and more are refused") {
  const Folder folder;
  RunSetup setup;
  setup.accuracies.assign(100'000, 50);
  write_run(folder, "run", setup);
  accepted(folder, "run");
  setup.accuracies.push_back(50);
  write_run(folder, "run", setup);
  refused(folder, "run",
          "error: run/metrics.csv: damaged metrics: line 100002: more than the 100001 rows");
}

TEST_CASE("figures that no training has are refused") {
  const Folder folder;
  write_run(folder, "run");
  const std::string metrics = folder.read("run/metrics.csv");
  const auto epoch = [&](const std::string& figures, const std::string& what) {
    const std::string first = metrics.substr(0, metrics.find('\n') + 1);
    folder.write("run/metrics.csv",
                 first + "1,1,0.1," + figures + ",100," + weights_hash(2) + '\n');
    refused(folder, "run", "error: run/metrics.csv: " + what);
  };
  epoch("1e308,40,1,50,3", "epoch 1 has a figure that is impossible in a training");
  epoch("1,40,-1e101,50,3", "epoch 1 has a figure that is impossible in a training");
  epoch("1,40,1,100.5,3", "epoch 1 has an accuracy that is not from 0 to 100 %");
  epoch("1,-1,1,50,3", "epoch 1 has an accuracy that is not from 0 to 100 %");
  epoch("1,40,1,50,-3", "epoch 1 has a negative time");
  epoch("1,40,1,50,inf", "damaged metrics: line 2: cell 8: 'inf' is not finite");
  folder.write("run/metrics.csv", metrics);
  for (const std::string figures : {"inf,0.25,0.75", "1.5,nan,0.75", "1.5,0.25,inf"}) {
    folder.write("run/misclassified.csv",
                 "index,true,predicted,probability,loss,cat,dog\n7,cat,dog,0.75," + figures + '\n');
    refused(folder, "run", "is not finite; `castnet train SPEC");
  }
}

TEST_CASE("more runs than a page shows are refused") {
  const Folder folder;
  Json seeds = Json::array();
  for (int seed = 0; seed <= 2000; ++seed) seeds.push_back(seed);
  folder.write(
      "out/compare.json",
      Json{{"target_accuracy", 60}, {"variants", {{{"label", "base"}, {"seeds", seeds}}}}}.dump());
  refused(folder, "out", "error: more than 2000 runs, the most that a page can show");
}

TEST_CASE("a terminal gets no commands from a run directory") {
  const Folder folder;
  const std::string command = "\x1b]0;owned\x07";
  write_run(folder, "run", {.status = command});
  refused(folder, "run", "the run is not finished (\\x1b]0;owned\\x07)");
  write_run(folder, "run");
  folder.write("run/metrics.csv", command + std::string(kMebibyte, 'x'));
  refused(folder, "run", "damaged metrics: line 1: does not begin with 'epoch,step,");
  const Result metrics = report(folder, "run");
  CHECK_FALSE(contains(metrics.output, "\x1b"));
  write_run(folder,
            "out/\x1b[2J\xc2\x9b"
            "2J\xc3\xa4/seed-1",
            {.status = "running"});
  write_run(folder, "out/base/seed-1");
  const Result labels = report(folder, "out");
  CHECK(labels.status == 0);
  CHECK(contains(labels.output, "castnet report: out/?[2J?2J\xc3\xa4/seed-1: the run is not"));
}

}  // namespace
