// The library for LD_PRELOAD sees every way in which castnet changes files.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>

#include "../../catch.hpp"
#include "../../runtime/temporary_folder.hpp"
#include "../child.hpp"
#include "../record.hpp"

using namespace castnet::endurance;
using castnet::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// This program again, under the library, with the hidden test below.
Ending touch(const TemporaryFolder& folder, const std::vector<std::string>& fault = {}) {
  fs::create_directories(folder / "seen");
  std::vector<std::string> environment = {"LD_PRELOAD=" CASTNET_FAULT_LIBRARY,
                                          "CASTNET_FAULT_FOLDER=" + (folder / "seen").string(),
                                          "CASTNET_FAULT_RECORD=" + (folder / "record").string(),
                                          "CASTNET_TOUCH=" + folder.path().string()};
  environment.insert(environment.end(), fault.begin(), fault.end());
  return run({.arguments = {fs::read_symlink("/proc/self/exe").string(), "touches files"},
              .environment = environment},
             folder / "output");
}

std::string names(const std::vector<Operation>& record) {
  std::string text;
  for (const Operation& one : record) {
    text += one.name + (one.error == 0 ? "" : fmt::format("({})", one.error)) + ' ';
  }
  return text;
}

}  // namespace

TEST_CASE("touches files", "[.]") {
  const char* const place = std::getenv("CASTNET_TOUCH");
  if (!place) return;
  const fs::path seen = fs::path(place) / "seen";
  std::ofstream(fs::path(place) / "elsewhere") << "not counted";
  std::ofstream(seen / "stream") << "stream";  // create write close
  const int folder = ::open(seen.c_str(), O_RDONLY | O_DIRECTORY);
  const int file = ::openat(folder, "file", O_WRONLY | O_CREAT | O_EXCL, 0666);  // create
  static_cast<void>(!::write(file, "abcd", 4));                                  // write
  static_cast<void>(!::pwrite(file, "X", 1, 1));                                 // write
  iovec parts[] = {{const_cast<char*>("e"), 1}, {const_cast<char*>("f"), 1}};
  static_cast<void>(!::writev(file, parts, 2));  // write
  static_cast<void>(!::ftruncate(file, 5));      // truncate
  ::fsync(file);                                 // sync
  ::close(file);                                 // close
  ::fsync(folder);                               // sync
  ::close(folder);
  fs::rename(seen / "file", seen / "renamed");  // rename
  std::error_code error;
  fs::rename(seen / "none", seen / "renamed", error);  // rename, which fails
  fs::create_directory(seen / "folder");               // mkdir
  fs::remove(seen / "folder");                         // rmdir
  fs::remove(seen / "stream");                         // unlink
  ::unlink((seen / "none").c_str());                   // unlink, which fails
  fs::create_directories(seen / "deep/deeper");        // mkdir mkdir
  fs::remove_all(seen / "deep");                       // rmdir rmdir, and what it tries before
}

TEST_CASE("points are counted in every form of the calls", "[fault]") {
  const TemporaryFolder folder;
  const Ending ending = touch(folder);
  INFO(ending.output);
  REQUIRE(ending.status == 0);
  const std::vector<Operation> record = read_record(folder / "record");
  const std::string expected =
      "create write close create write write write truncate sync close sync rename rename(2) mkdir "
      "rmdir unlink unlink(2) mkdir mkdir ";
  CHECK(names(record).substr(0, expected.size()) == expected);
  REQUIRE(record.size() > 13);
  CHECK(record[1].data == "stream");
  CHECK(record[4].data == "abcd");
  CHECK(record[5].offset == 1);
  CHECK(record[6].offset == 4);
  CHECK(record[6].data == "ef");
  CHECK(record[7].offset == 5);
  CHECK(record[11].path == (folder / "seen/file").string());
  CHECK(record[11].other == (folder / "seen/renamed").string());
  CHECK(!fs::exists(folder / "seen/deep"));
  CHECK(fs::file_size(folder / "seen/renamed") == 5);
}

TEST_CASE("a point kills, tears, shortens or fails", "[fault]") {
  const TemporaryFolder folder;
  CHECK(touch(folder, {"CASTNET_FAULT_AT=2", "CASTNET_FAULT_DO=kill"}).status == 137);
  CHECK(fs::file_size(folder / "seen/stream") == 0);
  CHECK(touch(folder, {"CASTNET_FAULT_AT=2", "CASTNET_FAULT_DO=torn"}).status == 137);
  CHECK(fs::file_size(folder / "seen/stream") == 3);
  CHECK(touch(folder, {"CASTNET_FAULT_AT=1", "CASTNET_FAULT_DO=28"}).status == 0);
  CHECK(touch(folder,
              {"CASTNET_FAULT_AT=2", "CASTNET_FAULT_DO=kill", "CASTNET_FAULT_PROGRAM=another"})
            .status == 0);
  fs::remove(folder / "record");
  fs::remove_all(folder / "seen");
  CHECK(touch(folder, {"CASTNET_FAULT_AT=5", "CASTNET_FAULT_DO=28", "CASTNET_FAULT_ALWAYS=1"})
            .status != 0);
  const std::string begin =
      "create write close create write(28) write(28) write(28) truncate(28) sync(28) close ";
  CHECK(names(read_record(folder / "record")).substr(0, begin.size()) == begin);
}
