// How much of the generated programs a change of the spec changes: what a reviewer has to read.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "core_specs.hpp"
#include "emit/program.hpp"

namespace castnet::codegen {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) result.push_back(line);
  return result;
}

/// Lines of `after` that are not in a longest common subsequence of the lines of both, and those of
/// `before`: what diff marks by + and -.
struct Changed {
  std::size_t added = 0;
  std::size_t removed = 0;
};

Changed changed(const std::string& before, const std::string& after) {
  const std::vector<std::string> a = lines_of(before);
  const std::vector<std::string> b = lines_of(after);
  std::vector<std::size_t> common(b.size() + 1);  // of a's lines so far and each beginning of b
  for (const std::string& line : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = common[j + 1];
      common[j + 1] = line == b[j] ? diagonal + 1 : std::max(above, common[j]);
      diagonal = above;
    }
  }
  return {b.size() - common.back(), a.size() - common.back()};
}

std::string cifar10() {
  std::ifstream file(std::filesystem::path(CASTNET_SOURCE_DIR) / "specs/cifar10.yaml");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The spec's programs with one text in place of another.
Changed changed_by(const std::string& from, const std::string& to, std::string_view target) {
  const std::string before = cifar10();
  std::string after = before;
  const std::size_t place = after.find(from);
  REQUIRE(place != std::string::npos);
  after.replace(place, from.size(), to);
  const Target& on = target_named(target);
  const auto program = [&](const std::string& text, char hash) {
    const Spec spec = spec_of(text);
    const Origin origin{"specs/cifar10.yaml", "specs/cifar10.yaml", std::string(64, hash)};
    return emit_program(spec, compile(spec, on), origin, on, Templates()).front().text;
  };
  return changed(program(before, 'a'), program(after, 'b'));
}

TEST_CASE("lines are counted as diff counts them") {
  CHECK(changed("a\nb\nc\n", "a\nx\nc\n").added == 1);
  CHECK(changed("a\nb\nc\n", "b\nc\na\n").added == 1);
  CHECK(changed("a\nb\n", "a\nb\nc\nd\n").added == 2);
  CHECK(changed("a\nb\nc\nd\n", "a\nd\n").removed == 2);
}

TEST_CASE("a learning rate changes its line and the spec's hash") {
  for (const Target& target : targets()) {
    const Changed lines = changed_by("peak: 0.05", "peak: 0.06", target.name);
    CHECK(lines.added == 2);
    CHECK(lines.removed == 2);
  }
}

TEST_CASE("a width changes the lines of its layer and of the next one") {
  for (const Target& target : targets()) {
    const Changed lines = changed_by("C5:32", "C5:28", target.name);
    INFO(target.name << ": " << lines.added);
    // Table 3, shapes 3, headings 2 or 3, tensors 6, work 2, the hash.
    CHECK(lines.added <= 20);
    CHECK(lines.removed <= 20);
  }
}

TEST_CASE("a skip changes its own layers' lines") {
  for (const Target& target : targets()) {
    const Changed lines =
        changed_by("  c11: {bias: true}", "  C9: {skip: C8}\n  c11: {bias: true}", target.name);
    INFO(target.name << ": " << lines.added << " added, " << lines.removed << " removed");
    CHECK(lines.added <= 50);
    CHECK(lines.removed <= 30);
  }
}

TEST_CASE("another norm changes the norms' lines") {
  for (const Target& target : targets()) {
    const Changed lines = changed_by("norm: batch ", "norm: group ", target.name);
    INFO(target.name << ": " << lines.added << " added, " << lines.removed << " removed");
    CHECK(lines.added <= 240);
    CHECK(lines.removed <= 360);
  }
}

}  // namespace
}  // namespace castnet::codegen
