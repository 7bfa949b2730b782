// Folders that are held open.
#include "castnet_shared/folder.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "../catch.hpp"
#include "temporary_folder.hpp"

using namespace castnet;
using Catch::Contains;

namespace {

TEST_CASE("a folder that is only read is not made", "[runtime][folder]") {
  const test::TemporaryFolder temporary;
  temporary.write("real/file", "text");
  CHECK_THROWS_WITH(Folder::open(temporary / "none"), Contains("No such file or directory"));
  CHECK_FALSE(std::filesystem::exists(temporary / "none"));
  CHECK_THROWS_WITH(Folder::open(temporary / "real/file"), Contains("Not a directory"));
  // The user may name a link; what is in the folder may be none.
  std::filesystem::create_symlink("real", temporary / "link");
  const Folder folder = Folder::open(temporary / "link");
  CHECK(folder.read("file", 4) == "text");
  CHECK_THROWS_WITH(folder.read("file", 3), Contains("it has 4 bytes, more than the 3"));
  std::filesystem::create_symlink("file", temporary / "real/again");
  CHECK_THROWS_WITH(folder.read("again", 4), Contains("a symbolic link"));
}

TEST_CASE("what a killed writer left goes with the next write of its file", "[runtime][folder]") {
  const test::TemporaryFolder temporary;
  const Folder folder(temporary.path());
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  REQUIRE(::waitpid(gone, nullptr, 0) == gone);
  const auto left = [](const std::string& name, pid_t process) {
    return "." + name + "." + std::to_string(process) + ".tmp";
  };
  temporary.write(left("file", gone), "half");
  temporary.write(left("other", gone), "half");
  temporary.write(left("file", ::getppid()), "of a process that lives");
  temporary.write(left("file.txt", gone), "half");
  folder.write("file", "whole");
  CHECK(folder.read("file", 10) == "whole");
  CHECK_FALSE(folder.holds(left("file", gone)));
  CHECK(folder.holds(left("other", gone)));
  CHECK(folder.holds(left("file", ::getppid())));
  CHECK(folder.holds(left("file.txt", gone)));
  // What cannot be removed does not stop a writer: here a folder, else another user's file.
  temporary.write(left("file", gone) + "/in", "");
  folder.write("file", "again");
  CHECK(folder.read("file", 10) == "again");
}

TEST_CASE("a folder tells what is in it", "[runtime][folder]") {
  const test::TemporaryFolder temporary;
  temporary.write("file", "0123456789");
  temporary.write("below/file", "");
  std::filesystem::create_symlink("below", temporary / "link");
  REQUIRE(::mkfifo((temporary / "pipe").c_str(), 0600) == 0);
  const Folder folder = Folder::open(temporary.path());
  CHECK(folder.kind_of("none") == EntryKind::none);
  CHECK(folder.kind_of("file") == EntryKind::file);
  CHECK(folder.kind_of("below") == EntryKind::folder);
  CHECK(folder.kind_of("link") == EntryKind::link);
  CHECK(folder.kind_of("pipe") == EntryKind::other);
  CHECK(folder.read_end("file", 4) == "6789");
  CHECK(folder.read_end("file", 100) == "0123456789");
  CHECK_THROWS_WITH(folder.read_end("link", 4), Contains("a symbolic link"));
  CHECK_THROWS_WITH(folder.read_end("pipe", 4), Contains("it is a pipe"));
}

}  // namespace
