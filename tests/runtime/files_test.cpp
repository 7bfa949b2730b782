#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "castnet_shared/sha256.hpp"
#include "temporary_folder.hpp"

using namespace castnet;

TEST_CASE("SHA-256 gives FIPS 180-4's examples", "[runtime][sha256]") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes are cut", "[runtime][sha256]") {
  const std::string text(300, 'x');
  for (std::size_t cut = 0; cut <= text.size(); cut += 7) {
    Sha256 hash;
    hash.update(std::string_view(text).substr(0, cut));
    hash.update(std::string_view(text).substr(cut));
    CHECK(hash.hex() == sha256_hex(text));
  }
}

TEST_CASE("a file is replaced whole and nothing else is left", "[runtime][file]") {
  const test::TemporaryFolder folder;
  const auto path = folder / "metrics.csv";
  write_file(path, "first");
  write_file(path, std::string("se\0cond", 7));
  CHECK(read_file(path) == std::string("se\0cond", 7));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                      std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("a failed write leaves the old file and no temporary one", "[runtime][file]") {
  const test::TemporaryFolder folder;
  // A folder cannot be replaced by a file: the rename fails after everything was written.
  std::filesystem::create_directories(folder / "target/kept");
  CHECK_THROWS_WITH(write_file(folder / "target", "x"), Catch::Contains("target"));
  CHECK(std::filesystem::exists(folder / "target/kept"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                      std::filesystem::directory_iterator()) == 1);
  folder.write("file", "x");
  CHECK_THROWS_AS(write_file(folder / "file/in", "x"), FileError);
  CHECK_THROWS_AS(read_file(folder / "absent"), FileError);
}

TEST_CASE("links are followed, and a file's mode stays", "[runtime][file]") {
  namespace fs = std::filesystem;
  const test::TemporaryFolder folder;
  folder.write("real/file", "first");
  fs::permissions(folder / "real/file", fs::perms(0640));
  fs::create_symlink("real/file", folder / "link");
  fs::create_symlink(folder / "link", folder / "again");
  fs::create_symlink("real/new", folder / "dangling");
  write_file(folder / "again", "second");
  write_file(folder / "dangling", "third");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(fs::is_symlink(folder / "again"));
  CHECK(fs::is_symlink(folder / "dangling"));
  CHECK(read_file(folder / "real/file") == "second");
  CHECK(read_file(folder / "real/new") == "third");
  CHECK(fs::status(folder / "real/file").permissions() == fs::perms(0640));
  fs::create_symlink("loop", folder / "loop");
  CHECK_THROWS_AS(write_file(folder / "loop", "x"), FileError);
}

TEST_CASE("what is no regular file is written to as it is", "[runtime][file]") {
  const test::TemporaryFolder folder;
  const auto fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const Descriptor reader(::open(fifo.c_str(), O_RDWR | O_NONBLOCK));
  write_file(fifo, "through");
  CHECK(std::filesystem::is_fifo(fifo));
  char bytes[16];
  CHECK(::read(reader.get(), bytes, sizeof bytes) == 7);
  // An open file is written to where it stands: as standard output, when that is a file.
  const auto path = folder.write("output", "");
  const Descriptor open(::open(path.c_str(), O_WRONLY));
  CHECK(::write(open.get(), "before ", 7) == 7);
  write_file("/proc/self/fd/" + std::to_string(open.get()), "between");
  CHECK(::write(open.get(), " after", 6) == 6);
  CHECK(read_file(path) == "before between after");
  // A device that takes nothing says so.
  std::filesystem::create_symlink("/dev/full", folder / "full");
  CHECK_THROWS_WITH(write_file(folder / "full", "x"), Catch::Contains("No space"));
  CHECK(std::filesystem::is_symlink(folder / "full"));
}
