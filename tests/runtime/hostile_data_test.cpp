// Data of strangers: what is no file, what says more than it holds, and what holds more than it
// says. All of it is refused at once, by name, before memory is taken for it.
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "../catch.hpp"
#include "allocations.hpp"
#include "castnet_shared/file.hpp"
#include "data/data_set.hpp"
#include "data/picture.hpp"
#include "idx_files.hpp"
#include "png_files.hpp"
#include "temporary_folder.hpp"

using namespace castnet;
using Catch::Contains;
using test::big_endian;

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTerabyte = std::uint64_t{1} << 40;

/// Ends the test program if it lasts too long: a reader that waits for a pipe waits for ever.
class Deadline {
 public:
  Deadline() { ::alarm(60); }
  ~Deadline() { ::alarm(0); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
};

/// The most that `read` takes at once, in bytes. It throws DataError with `text` in it.
template <class Read, class Text>
std::uint64_t refused(Read read, const Text& text) {
  const Deadline deadline;
  test::largest_allocation = 0;
  try {
    read();
  } catch (const DataError& error) {
    const std::uint64_t most = test::largest_allocation;
    CHECK_THAT(error.what(), text);
    return most;
  }
  FAIL("was read");
  return 0;
}

constexpr std::uint64_t kLittle = 1 << 20;

std::string cifar_records(std::size_t labels, std::size_t records) {
  return std::string(records * (labels + 3072), '\0');
}

/// Gives the file this length, of which only its bytes take room on the disk; false where the file
/// system has no such files.
bool lengthen(const fs::path& path, std::uint64_t bytes) {
  std::error_code error;
  fs::resize_file(path, bytes, error);
  if (error) WARN("SKIPPED: this file system has no files of " << bytes << " bytes");
  return !error;
}

/// `bytes`, then `zeros` zeros, as a gzip file.
void write_gzip(const fs::path& path, const std::string& bytes, std::uint64_t zeros = 0) {
  gzFile file = gzopen(path.c_str(), "wb9");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  const std::string block(std::size_t{1} << 20, '\0');
  for (; zeros >= block.size(); zeros -= block.size()) {
    gzwrite(file, block.data(), static_cast<unsigned>(block.size()));
  }
  gzwrite(file, block.data(), static_cast<unsigned>(zeros));
  REQUIRE(gzclose(file) == Z_OK);
}

/// A whole data set, whose reader is told of one hostile file of it.
struct Victim {
  std::string name;
  std::string file;
  Split (*read)(const fs::path& folder);
};

const std::vector<Victim> kVictims = {
    {"CIFAR-10", "data_batch_1.bin",
     [](const fs::path& folder) { return read_cifar10(folder, 1); }},
    {"CIFAR-100", "train.bin", [](const fs::path& folder) { return read_cifar100(folder, 1, 1); }},
    {"CIFAR-100's names", "fine_label_names.txt",
     [](const fs::path& folder) { return read_cifar100(folder, 1, 1); }},
    {"MNIST's images", "train-images-idx3-ubyte", read_mnist},
    {"MNIST's labels", "train-labels-idx1-ubyte.gz", read_mnist},
};

void write_victims(const test::TemporaryFolder& folder) {
  for (int batch = 1; batch <= 5; ++batch) {
    folder.write("data_batch_" + std::to_string(batch) + ".bin", cifar_records(1, 1));
  }
  folder.write("test_batch.bin", cifar_records(1, 1));
  folder.write("train.bin", cifar_records(2, 1));
  folder.write("test.bin", cifar_records(2, 1));
  std::string names;
  for (int i = 0; i < 100; ++i) names += "class " + std::to_string(i) + '\n';
  folder.write("fine_label_names.txt", names);
  folder.write("train-images-idx3-ubyte", test::idx_images(1, std::string(784, '\0')));
  write_gzip(folder / "train-labels-idx1-ubyte.gz", test::idx_labels("\1"));
  folder.write("t10k-images-idx3-ubyte", test::idx_images(1, std::string(784, '\0')));
  folder.write("t10k-labels-idx1-ubyte", test::idx_labels("\1"));
}

}  // namespace

TEST_CASE("what is no file is refused, by name, whoever links to it", "[runtime][data][hostile]") {
  for (const Victim& victim : kVictims) {
    INFO(victim.name);
    const test::TemporaryFolder folder;
    write_victims(folder);
    CHECK(victim.read(folder.path()).train.size() > 0);
    const fs::path path = folder / victim.file;
    const auto read = [&] { victim.read(folder.path()); };
    const auto named = Contains(path.string());
    fs::remove(path);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(refused(read, named && Contains("it is a pipe, not a regular file")) < kLittle);
    for (const char* device : {"/dev/zero", "/dev/null"}) {
      fs::remove(path);
      fs::create_symlink(device, path);
      CHECK(refused(read, named && Contains("it is a device, not a regular file")) < kLittle);
    }
    fs::remove(path);
    fs::create_directory(folder / "elsewhere");
    const test::TemporaryFolder whole;
    write_victims(whole);
    fs::rename(whole / victim.file, folder / "elsewhere/file");
    fs::create_symlink("elsewhere/file", path);
    CHECK(victim.read(folder.path()).train.size() > 0);  // links to files are followed
  }
}

TEST_CASE("a file of a terabyte is refused by its length", "[runtime][data][hostile]") {
  for (const Victim& victim : kVictims) {
    INFO(victim.name);
    const test::TemporaryFolder folder;
    write_victims(folder);
    if (victim.file.ends_with(".gz")) continue;  // what is behind gzip's data is not read
    if (!lengthen(folder / victim.file, kTerabyte)) return;
    CHECK(refused([&] { victim.read(folder.path()); }, Contains((folder / victim.file).string())) <
          kLittle);
  }
}

TEST_CASE("a gzip bomb is unpacked as far as its header promises", "[runtime][data][hostile]") {
  constexpr std::uint64_t kBomb = std::uint64_t{256} << 20;
  const test::TemporaryFolder folder;
  write_victims(folder);
  const auto read = [&] { read_mnist(folder.path()); };
  const fs::path images = folder / "train-images-idx3-ubyte";
  const auto named = Contains(images.string());
  SECTION("images") {
    write_gzip(images, test::idx_images(1, std::string(784, '\0')), kBomb);
    CHECK(refused(read, named && Contains("byte 800: more bytes than its header promises")) <
          kLittle);
  }
  SECTION("labels") {
    const fs::path labels = folder / "train-labels-idx1-ubyte.gz";
    write_gzip(labels, test::idx_labels("\1"), kBomb);
    CHECK(refused(read, Contains(labels.string()) && Contains("byte 9: more bytes")) < kLittle);
  }
  SECTION("no IDX file at all") {
    write_gzip(images, "", kBomb);
    CHECK(refused(read, named && Contains("wrong magic number 00000000")) < kLittle);
  }
}

TEST_CASE("a header that promises too much is told before anything is read",
          "[runtime][data][hostile]") {
  const test::TemporaryFolder folder;
  write_victims(folder);
  const auto read = [&] { read_mnist(folder.path()); };
  const fs::path images = folder / "train-images-idx3-ubyte";
  const fs::path labels = folder / "train-labels-idx1-ubyte.gz";
  constexpr std::size_t kMany = 5'000'000;
  SECTION("more than so few bytes can hold") {
    write_gzip(images, test::idx_images(kMany, ""));
    CHECK(refused(read, Contains(images.string()) && Contains("bytes of gzip data can hold")) <
          kLittle);
  }
  SECTION("other images than labels") {
    folder.write("train-images-idx3-ubyte", test::idx_images(kMany, ""));
    if (!lengthen(images, 16 + kMany * 784)) return;
    CHECK(refused(read, Contains(labels.string()) && Contains("1 labels") &&
                            Contains("5000000 images")) < kLittle);
  }
  SECTION("images of another size") {
    folder.write("train-images-idx3-ubyte",
                 big_endian(0x803) + big_endian(1) + big_endian(60000) + big_endian(60000));
    if (!lengthen(images, 16 + std::uint64_t{60000} * 60000)) return;
    CHECK(refused(read, Contains(images.string()) && Contains("60000x60000 pixels")) < kLittle);
  }
}

TEST_CASE("CIFAR-100's names are bounded, and are names", "[runtime][data][hostile]") {
  const test::TemporaryFolder folder;
  write_victims(folder);
  const fs::path path = folder / "fine_label_names.txt";
  const auto refuse = [&](const std::string& first, const std::string& why) {
    std::string names = first + '\n';
    for (int i = 1; i < 100; ++i) names += "class " + std::to_string(i) + '\n';
    folder.write("fine_label_names.txt", names);
    return refused([&] { read_cifar100(folder.path(), 1, 1); },
                   Contains(path.string()) && Contains(why));
  };
  CHECK(refuse(std::string(std::size_t{16} << 20, 'x'), "more than the") < kLittle);
  CHECK(refuse(std::string(std::size_t{16} << 20, '\n'), "more than the") < kLittle);
  CHECK(refuse(std::string(256, 'x'), "line 1: a name of 256 bytes") < kLittle);
  CHECK(refuse("caf\xe9", "line 1: a name that is not UTF-8") < kLittle);
  CHECK(refuse("class 99", "line 100: 'class 99' is there twice") < kLittle);
}

namespace {

/// A class of one image each, the training image being `png`.
fs::path write_picture(const test::TemporaryFolder& folder, const std::string& png) {
  test::write_png(folder / "test/a/1.png", 1, 1, [](int, int) { return 0xff000000; });
  return folder.write("train/a/1.png", png);
}

}  // namespace

TEST_CASE("a picture of too many pixels is refused by its header", "[runtime][data][hostile]") {
  const test::TemporaryFolder folder;
  const auto read = [&] { read_image_folder(folder.path(), {3, 4, 4}); };
  const auto refuse = [&](std::uint32_t width, std::uint32_t height) {
    const fs::path path = write_picture(folder, test::png_header(width, height));
    const std::string size = std::to_string(width) + 'x' + std::to_string(height) + " pixels";
    return refused(read, Contains(path.string()) && Contains(size));
  };
  CHECK(refuse(23000, 23000) < kLittle);
  CHECK(refuse(8192, 8193) < kLittle);
  CHECK(refuse(32768, 1) < kLittle);
  CHECK(refuse(1, 0xffffffff) < kLittle);
  CHECK(refuse(0, 5) < kLittle);
}

TEST_CASE("a picture that lies of its size is refused", "[runtime][data][hostile]") {
  const test::TemporaryFolder folder;
  const auto read = [&] { read_image_folder(folder.path(), {3, 4, 4}); };
  SECTION("far more bytes than its pixels take") {
    const fs::path path = write_picture(folder, "");
    test::write_png(path, 2, 2, [](int, int) { return 0xffffffff; });
    if (!lengthen(path, kTerabyte)) return;
    CHECK(refused(read, Contains(path.string()) && Contains("more than the")) < kLittle);
  }
  SECTION("hardly any") {
    const fs::path path = write_picture(folder, test::png_header(8000, 8000));
    CHECK(refused(read, Contains(path.string()) && Contains("the file ends within the image")) <
          kLittle);
  }
  SECTION("within its header") {
    const fs::path path = write_picture(folder, test::png_header(8, 8).substr(0, 20));
    CHECK(refused(read, Contains(path.string()) && Contains("it ends within its header")) <
          kLittle);
  }
  SECTION("no header first") {
    std::string png = test::png_header(8, 8);
    png.replace(12, 4, "IDAT");
    const fs::path path = write_picture(folder, png);
    CHECK(refused(read, Contains(path.string()) && Contains("its size does not come first")) <
          kLittle);
  }
}

TEST_CASE("what is no file is passed over in an image folder", "[runtime][data][hostile]") {
  const Deadline deadline;
  const test::TemporaryFolder folder;
  const auto white = [](int, int) { return 0xffffffff; };
  test::write_png(folder / "elsewhere.png", 4, 4, white);
  test::write_png(folder / "train/a/1.png", 4, 4, white);
  test::write_png(folder / "test/a/1.png", 4, 4, white);
  REQUIRE(::mkfifo((folder / "train/a/2.png").c_str(), 0600) == 0);
  REQUIRE(::mkfifo((folder / "train/a/2").c_str(), 0600) == 0);
  fs::create_symlink("/dev/zero", folder / "train/a/3.png");
  fs::create_symlink("../../elsewhere.png", folder / "train/a/4.png");
  const Split split = read_image_folder(folder.path(), {3, 4, 4});
  CHECK(split.train.size() == 2);  // a link to a file is followed
  CHECK(split.notes ==
        std::vector<std::string>{"passed over 1 file beside train and test, '" +
                                     (folder / "elsewhere.png").string() + "'",
                                 "passed over 3 names of neither a file nor a folder, such as '" +
                                     (folder / "train/a/2").string() + "'"});
}

TEST_CASE("a folder of classes may not hold anything, however much", "[runtime][data][hostile]") {
  const test::TemporaryFolder folder;
  test::write_png(folder / "test/a/1.png", 1, 1, [](int, int) { return 0xffffffff; });
  for (int i = 0; i <= 10'000; ++i) folder.write("train/" + std::to_string(i) + ".png", "");
  CHECK(refused(
            [&] {
              read_image_folder(folder.path(), {3, 4, 4});
            },
            Contains((folder / "train").string()) && Contains("holds more than 10000")) <
        8 * kLittle);
}

TEST_CASE("threads decode as much at a time as there is room for", "[runtime][data][hostile]") {
  const Deadline deadline;
  constexpr std::uint64_t kRoom = 100;
  DecodingRoom room(kRoom);
  {
    const DecodingRoom::Place one(room, 60), other(room, 40);  // does not wait
  }
  std::atomic<std::uint64_t> taken = 0, most = 0, most_beside_large = 0;
  const auto decode = [&](std::uint64_t bytes) {
    for (int i = 0; i < 20; ++i) {
      const DecodingRoom::Place place(room, bytes);
      const std::uint64_t now = taken += bytes;
      std::atomic<std::uint64_t>& of = now >= 1000 ? most_beside_large : most;
      for (std::uint64_t old = of; now > old && !of.compare_exchange_weak(old, now);) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      taken -= bytes;
    }
  };
  std::vector<std::thread> threads;
  for (const std::uint64_t bytes : {30U, 30U, 30U, 30U, 50U, 1000U}) {
    threads.emplace_back(decode, bytes);
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most <= kRoom);
  CHECK(most_beside_large == 1000U);  // what is larger than the room is decoded alone
}
