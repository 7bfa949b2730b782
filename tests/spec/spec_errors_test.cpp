// Golden tests of a spec's errors: each folder below errors/ holds a spec and the messages it gets.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../approved.hpp"
#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "spec/hints.hpp"
#include "spec/parse.hpp"

namespace {

using castnet::read_file;
using castnet::codegen::parse_spec;
namespace fs = std::filesystem;

std::vector<fs::path> cases() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(CASTNET_SOURCE_DIR "/tests/spec/errors")) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// All messages, one a line.
std::string messages(const std::string& text, const std::vector<std::string>& sets = {}) {
  std::string all;
  for (const auto& error : parse_spec(text, "spec.yaml", sets).errors) all += format(error) + "\n";
  return all;
}

const std::string kGood =
    "name: good\n"
    "data: cifar10\n"
    "layers: C1:16 GAP c2:10\n"
    "norm: batch\n";

}  // namespace

TEST_CASE("malformed specs get the expected messages", "[spec][golden]") {
  REQUIRE(cases().size() >= 41);
  for (const fs::path& folder : cases()) {
    DYNAMIC_SECTION(folder.filename().string()) {
      const std::string actual = messages(read_file(folder / "spec.yaml"));
      CHECK_FALSE(actual.empty());
      castnet::test::check_approved(folder / "expected.txt", actual, "spec");
    }
  }
}

TEST_CASE("errors of --set name the option", "[spec]") {
  CHECK(messages(kGood, {"train.epochs=x"}) ==
        "--set train.epochs=x: error: 'epochs' must be a whole number from 1 to 100000, not 'x'\n");
  CHECK(messages(kGood, {"train.epoch=2"}) ==
        "--set train.epoch=2: error: unknown key 'epoch' in 'train'; did you mean 'epochs'?\n");
  CHECK(messages(kGood, {"train.epochs"}) ==
        "--set train.epochs: error: not of the form key.path=value\n");
  CHECK(messages(kGood, {".=1"}) == "--set .=1: error: not of the form key.path=value\n");
  CHECK_FALSE(messages(kGood, {"train={"}).empty());
  CHECK_FALSE(messages(kGood, {"name=../x"}).empty());
  CHECK(messages(kGood, {"train.lr=0.1"}) ==
        "--set train.lr=0.1: error: unknown key 'lr' in 'train'; did you mean "
        "'train.schedule.constant.rate' or 'train.schedule.one_cycle.peak'?\n");
  CHECK(messages(kGood, {"data={image_folder: {path: caf\xe9}}"}) ==
        "--set data={image_folder: {path: caf\\xe9}}: error: byte 0xe9 at offset 30 is not UTF-8; "
        "type it in a terminal whose encoding is UTF-8\n");
}

TEST_CASE("UTF-8 is taken with and without a byte order mark", "[spec]") {
  const std::string mark = "\xef\xbb\xbf";
  CHECK(messages(mark + kGood).empty());
  CHECK(messages(mark + "# \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf\n" + kGood)
            .empty());
  // Columns are those that an editor shows.
  CHECK(messages(mark + "name: Good\ndata: cifar10\nlayers: C1:16 GAP c2:10\n")
            .find("spec.yaml:1:7: ") == 0);
  CHECK(messages(mark + "layers: C1:16 X GAP c2:10\nname: good\ndata: cifar10\n")
            .find("spec.yaml:1:15: ") == 0);
}

TEST_CASE("hints name keys that there are", "[spec]") {
  const std::vector<std::string> paths = castnet::codegen::key_paths();
  for (const std::string_view hinted : castnet::codegen::hinted_paths()) {
    INFO(hinted);
    CHECK(std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
      return path == hinted || path.ends_with("." + std::string(hinted));
    }));
  }
}

TEST_CASE("hostile text is answered with errors", "[spec]") {
  const auto refused = [](const std::string& text) { return !messages(text).empty(); };
  CHECK(refused(std::string(100'000, '[')));
  CHECK(refused(std::string(100'000, '{')));
  CHECK(refused("a: " + std::string(10'000, '-')));
  CHECK(refused(std::string(300'000, 'a')));
  CHECK(refused(std::string("\0\xff\xfe name", 8)));
  CHECK(refused("--- {}\n--- {}\n"));
  CHECK(refused("name: a\nlayers: \"" + std::string(5'000, 'C') + "\"\n"));
  std::string deep = "overrides: ";
  for (int i = 0; i < 100; ++i) deep += "{C1: ";
  CHECK(refused(deep));
  std::string path = "a";
  for (int i = 0; i < 1000; ++i) path += ".a";
  CHECK_FALSE(messages(kGood, {path + "=1"}).empty());
}

TEST_CASE("a spec cut anywhere or with any byte changed never crashes", "[spec]") {
  const std::string text = read_file(CASTNET_SOURCE_DIR "/specs/cifar10.yaml");
  REQUIRE(messages(text).empty());
  for (std::size_t length = 0; length < text.size(); length += 17) {
    CHECK_NOTHROW(parse_spec(text.substr(0, length), "spec.yaml"));
  }
  for (std::size_t at = 0; at < text.size(); at += 13) {
    for (const char c : {'\0', '{', '*', ':', '\n', '"', '\xff'}) {
      std::string changed = text;
      changed[at] = c;
      CHECK_NOTHROW(parse_spec(changed, "spec.yaml"));
    }
  }
}
