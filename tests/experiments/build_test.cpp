// The programs of the cache: made once for all that goes into them, and again when any of it
// changes.
#include "toolchain/build.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <set>
#include <string>

#include "../catch.hpp"
#include "../runtime/temporary_folder.hpp"
#include "toolchain/build_info.hpp"
#include "toolchain/process.hpp"

namespace castnet::codegen {
namespace {

/// A cache of its own for as long as a test runs.
class OwnCache {
 public:
  OwnCache() {
    if (const char* before = std::getenv("XDG_CACHE_HOME")) before_ = before;
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
  }
  ~OwnCache() {
    before_ ? ::setenv("XDG_CACHE_HOME", before_->c_str(), 1) : ::unsetenv("XDG_CACHE_HOME");
  }
  OwnCache(const OwnCache&) = delete;
  OwnCache& operator=(const OwnCache&) = delete;

  const castnet::test::TemporaryFolder folder;

 private:
  std::optional<std::string> before_;
};

/// A program that returns the value in its only header.
struct Made {
  OwnCache cache;
  std::vector<SourceFile> sources{
      {"main.cpp", "#include \"value.hpp\"\nint main() { return kValue; }\n"}};
  Toolchain tools;

  Made() {
    cache.folder.write("include/value.hpp", "constexpr int kValue = 3;\n");
    cache.folder.write("own.a", "/* a linker script of nothing */\n");
    tools.command = {kCompiler, "-O0"};
    tools.includes = {(cache.folder / "include").string()};
    tools.archives = {(cache.folder / "own.a").string()};
  }

  std::string path(const std::string& name = "tiny") const {
    const auto program = build(name, sources, tools);
    REQUIRE(program);
    return program->path().string();
  }
};

TEST_CASE("a program is compiled again when anything of it changes", "[experiments][cache]") {
  Made made;
  const std::string first = made.path();
  CHECK(made.path() == first);
  CHECK(Cache().entries().size() == 1);
  CHECK(wait_for(start({first}, {.environment = {}})) == 3);
  std::set<std::string> paths{first};
  CHECK(paths.insert(made.path("other")).second);
  made.tools.command.emplace_back("-DUNUSED=1");
  CHECK(paths.insert(made.path()).second);
  made.sources.front().text += "// changed\n";
  CHECK(paths.insert(made.path()).second);
  made.sources.push_back({"more.cpp", "int more() { return 1; }\n"});
  CHECK(paths.insert(made.path()).second);
  made.cache.folder.write("include/value.hpp", "constexpr int kValue = 5;\n");
  const std::string changed = made.path();
  CHECK(paths.insert(changed).second);
  CHECK(wait_for(start({changed}, {.environment = {}})) == 5);
  made.cache.folder.write("own.a", "/* another one */\n");
  CHECK(paths.insert(made.path()).second);
  CHECK(Cache().entries().size() == paths.size());
  made.sources.pop_back();
  made.sources.front().text = "no program";
  CHECK_FALSE(build("tiny", made.sources, made.tools));
  CHECK(Cache().entries().size() == paths.size());
}

TEST_CASE("a program's use is noted, whoever made it", "[experiments][cache]") {
  const Made made;
  const std::string path = made.path();
  const std::string lock = path.substr(0, path.rfind('/')) + "/.lock";
  const timespec old[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, lock.c_str(), old, 0) == 0);
  CHECK(Cache().entries().front().last_used == 1'000'000'000);
  CHECK(made.path() == path);
  CHECK(std::abs(std::time(nullptr) - Cache().entries().front().last_used) < 600);
}

}  // namespace
}  // namespace castnet::codegen
