// What a written file has behind it: its data are on the disk before it gets its name, and its
// name is on the disk when the writer goes on.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/folder.hpp"
#include "temporary_folder.hpp"
#include "trainer_support.hpp"

using namespace castnet;

namespace {

/// While one exists, the calls of this process that make files durable are noted.
class Recorder {
 public:
  Recorder() { current = this; }
  ~Recorder() { current = nullptr; }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  static bool listens() { return current != nullptr; }
  static void note(const std::string& call) {
    const std::lock_guard lock(current->mutex_);  // a run writes on a thread of its own
    current->calls.push_back(call);
  }

  std::vector<std::string> calls;

 private:
  inline static Recorder* current = nullptr;
  std::mutex mutex_;
};

/// The last part of what a descriptor is open for; a temporary file's without its process.
std::string name_of(int descriptor) {
  const auto path =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor)).filename();
  const std::string name = path.string(), process = '.' + std::to_string(::getpid()) + ".tmp";
  return name.ends_with(process) ? name.substr(0, name.size() - process.size()) : name;
}

}  // namespace

// In the place of the C library's, for the whole program.
extern "C" int fsync(int descriptor) {
  if (Recorder::listens()) Recorder::note("fsync " + name_of(descriptor));
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

extern "C" int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  if (Recorder::listens()) Recorder::note(std::string("rename to ") + to);
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
}

TEST_CASE("a file gets its name when it is on the disk, and its folder follows",
          "[runtime][folder]") {
  const test::TemporaryFolder temporary;
  const Folder folder(temporary / "run");
  using Calls = std::vector<std::string>;
  for (const std::string text : {"first", "second"}) {
    Recorder recorder;
    folder.write("metrics.csv", text);
    CHECK(recorder.calls == Calls{"fsync .metrics.csv", "rename to metrics.csv", "fsync run"});
  }
  CHECK(folder.read("metrics.csv", 10) == "second");
  {
    Recorder recorder;
    folder.folder("images");
    CHECK(recorder.calls == Calls{"fsync run"});
  }
  Recorder recorder;
  CHECK(folder.move("images", "pictures"));
  CHECK(recorder.calls == Calls{"rename to pictures", "fsync run"});
}

TEST_CASE("the state is written last: whatever it tells of is there", "[runtime][trainer]") {
  const test::TemporaryFolder folder;
  test::write_mnist(folder, 128, 64);
  std::vector<std::string> names;
  {
    Recorder recorder;
    REQUIRE(test::train_in(folder, test::make_plain, "run") == 0);
    for (const std::string& call : recorder.calls) {
      if (call.starts_with("rename to ")) names.push_back(call.substr(10));
    }
  }
  const auto place = [&](const std::string& name) {
    return std::ranges::find(names, name) - names.begin();
  };
  CHECK(place("run.json") == 0);  // before anything of an earlier run is removed
  CHECK(place("best.safetensors") < place("metrics.csv"));
  REQUIRE(place("last.safetensors") < std::ssize(names));
  for (std::size_t i = 2; i < names.size(); ++i) {
    if (names[i] != "last.safetensors") continue;
    CHECK(names[i - 2] == "metrics.csv");
    CHECK(names[i - 1] == "curves.png");
  }
  // A finished run's sums cover its record, which is the very last.
  CHECK(names.back() == "run.json");
  CHECK(names[names.size() - 2] == "SHA256SUMS");
}
