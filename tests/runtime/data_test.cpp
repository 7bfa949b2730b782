#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "data/data_set.hpp"
#include "data/normalisation.hpp"
#include "data/shuffle.hpp"
#include "idx_files.hpp"
#include "program_info.hpp"
#include "temporary_folder.hpp"

using namespace castnet;
using Catch::Contains;
using test::big_endian;
using test::idx_labels;

namespace {

constexpr std::size_t kRecords = 3;
constexpr std::size_t kRecordBytes = 3073;

/// A batch of CIFAR-10 whose record r has label (r + shift) % 10 and pixels of that value.
std::string cifar_batch(int shift) {
  std::string bytes;
  for (int record = 0; record < static_cast<int>(kRecords); ++record) {
    bytes += std::string(kRecordBytes, static_cast<char>((record + shift) % 10));
  }
  return bytes;
}

void write_cifar(const test::TemporaryFolder& folder) {
  for (int batch = 1; batch <= 5; ++batch) {
    folder.write("data_batch_" + std::to_string(batch) + ".bin", cifar_batch(batch));
  }
  folder.write("test_batch.bin", cifar_batch(0));
}

/// Record r has the labels r and 90 + r, and pixels r.
std::string cifar100_records(int records) {
  std::string bytes;
  for (int record = 0; record < records; ++record) {
    bytes += static_cast<char>(record);
    bytes += static_cast<char>(90 + record);
    bytes += std::string(3072, static_cast<char>(record));
  }
  return bytes;
}

std::string idx_images(std::size_t count, std::size_t magic = 0x803) {
  return test::idx_images(count, std::string(count * 28 * 28, '\7'), magic);
}

std::string gzip(const test::TemporaryFolder& folder, const std::string& bytes) {
  const auto path = folder / "scratch.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  std::string packed = read_file(path);
  std::filesystem::remove(path);
  return packed;
}

void write_mnist(const test::TemporaryFolder& folder) {
  folder.write("train-images-idx3-ubyte", idx_images(3));
  folder.write("train-labels-idx1-ubyte", idx_labels({"\0\1\2", 3}));
  folder.write("t10k-images-idx3-ubyte.gz", gzip(folder, idx_images(2)));
  folder.write("t10k-labels-idx1-ubyte.gz", gzip(folder, idx_labels("\3\4")));
}

}  // namespace

TEST_CASE("CIFAR-10's binary version is read", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_cifar(folder);
  const Split split = read_cifar10(folder.path(), kRecords);
  CHECK(split.train.size() == 15);
  CHECK(split.test.size() == 3);
  CHECK(split.classes.at(3) == "cat");
  CHECK(int{split.train.labels[4]} == 3);
  CHECK(int{split.train.image(4)[3071]} == 3);
}

TEST_CASE("damaged CIFAR-10 files are named with the byte", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_cifar(folder);
  const auto path = (folder / "data_batch_2.bin").string();
  const auto read = [&] { return read_cifar10(folder.path(), kRecords); };
  SECTION("truncated") {
    folder.write("data_batch_2.bin", cifar_batch(2).substr(0, 5000));
    CHECK_THROWS_WITH(read(), Contains(path + ": byte 5000: truncated"));
  }
  SECTION("too long") {
    folder.write("data_batch_2.bin", cifar_batch(2) + "x");
    CHECK_THROWS_WITH(read(), Contains(path + ": byte 9219: 1 bytes too many"));
  }
  SECTION("label out of range") {
    std::string bytes = cifar_batch(2);
    bytes[kRecordBytes] = 10;
    folder.write("data_batch_2.bin", bytes);
    CHECK_THROWS_WITH(read(), Contains(path + ": byte 3073: label 10 of record 1"));
  }
  SECTION("missing") {
    std::filesystem::remove(path);
    CHECK_THROWS_WITH(read(), Contains("data_batch_2.bin") && Contains("unpack"));
  }
}

TEST_CASE("CIFAR-100's binary version is read", "[runtime][data]") {
  const test::TemporaryFolder folder;
  folder.write("train.bin", cifar100_records(3));
  folder.write("test.bin", cifar100_records(2));
  const auto read = [&] { return read_cifar100(folder.path(), 3, 2); };
  SECTION("the fine labels count") {
    const Split split = read();
    CHECK(split.train.size() == 3);
    CHECK(split.test.size() == 2);
    CHECK(int{split.train.labels[2]} == 92);
    CHECK(int{split.train.image(2)[0]} == 2);
    CHECK(int{split.train.image(2)[3071]} == 2);
  }
  SECTION("the classes are known") {
    const auto classes = read().classes;
    REQUIRE(classes.size() == 100);
    CHECK(classes[0] == "apple");
    CHECK(classes[41] == "lawn_mower");
    CHECK(classes[99] == "worm");
    CHECK(std::ranges::is_sorted(classes));
    CHECK(std::set(classes.begin(), classes.end()).size() == 100);
  }
  SECTION("a file of names comes first") {
    std::string names;
    for (int i = 0; i < 100; ++i) names += "class " + std::to_string(i) + "\n";
    folder.write("fine_label_names.txt", names + "\n");
    CHECK(read().classes.at(99) == "class 99");
    folder.write("fine_label_names.txt", names + "another\n");
    CHECK_THROWS_WITH(read(), Contains("fine_label_names.txt: 101 names"));
  }
  SECTION("labels out of range") {
    std::string bytes = cifar100_records(3);
    bytes[3074 + 1] = 100;
    folder.write("train.bin", bytes);
    CHECK_THROWS_WITH(read(), Contains("train.bin: byte 3075: label 100 of record 1") &&
                                  Contains("0 to 99") && Contains("CIFAR-100"));
    bytes[3074] = 20;
    folder.write("train.bin", bytes);
    CHECK_THROWS_WITH(read(), Contains("byte 3074: label 20") && Contains("0 to 19"));
  }
  SECTION("truncated") {
    folder.write("test.bin", cifar100_records(1));
    CHECK_THROWS_WITH(read(), Contains("test.bin: byte 3074: truncated"));
  }
}

TEST_CASE("MNIST is read, plain and gzip", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_mnist(folder);
  const Split split = read_mnist(folder.path());
  CHECK(split.train.size() == 3);
  CHECK(split.test.size() == 2);
  CHECK(int{split.test.labels[1]} == 4);
  CHECK(int{split.test.image(1)[0]} == 7);
}

TEST_CASE("damaged IDX files are named with the byte", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_mnist(folder);
  const auto read = [&] { return read_mnist(folder.path()); };
  SECTION("wrong magic") {
    folder.write("train-images-idx3-ubyte", idx_images(3, 0x802));
    CHECK_THROWS_WITH(read(), Contains("train-images-idx3-ubyte: byte 0: wrong magic number "
                                       "00000802, 00000803 expected"));
  }
  SECTION("truncated") {
    folder.write("train-images-idx3-ubyte", idx_images(3).substr(0, 1000));
    CHECK_THROWS_WITH(read(), Contains("byte 1000: truncated") && Contains("2368"));
  }
  SECTION("truncated in the header") {
    folder.write("train-images-idx3-ubyte", idx_images(3).substr(0, 10));
    CHECK_THROWS_WITH(read(), Contains("byte 10: truncated") && Contains("header"));
  }
  SECTION("empty") {
    folder.write("train-images-idx3-ubyte", "");
    CHECK_THROWS_WITH(read(), Contains("byte 0: truncated"));
  }
  SECTION("too long") {
    folder.write("train-images-idx3-ubyte", idx_images(3) + "zz");
    CHECK_THROWS_WITH(read(), Contains("byte 2368: 2 bytes more"));
  }
  SECTION("label out of range") {
    folder.write("train-labels-idx1-ubyte", idx_labels({"\0\1\12", 3}));
    CHECK_THROWS_WITH(read(), Contains("train-labels-idx1-ubyte: byte 10: label 10"));
  }
  SECTION("not gzip") {
    folder.write("t10k-images-idx3-ubyte.gz", idx_images(2));
    CHECK_THROWS_WITH(read(), Contains("t10k-images-idx3-ubyte.gz: byte 0: not a gzip file"));
  }
  SECTION("truncated gzip") {
    const std::string packed = gzip(folder, idx_images(2));
    folder.write("t10k-images-idx3-ubyte.gz", packed.substr(0, packed.size() - 12));
    CHECK_THROWS_WITH(read(), Contains("t10k-images-idx3-ubyte.gz: byte") && Contains("truncated"));
  }
  SECTION("damaged gzip") {
    std::string packed = gzip(folder, idx_images(2));
    packed[packed.size() - 6] = static_cast<char>(~packed[packed.size() - 6]);  // in the CRC
    folder.write("t10k-images-idx3-ubyte.gz", packed);
    CHECK_THROWS_WITH(read(), Contains("t10k-images-idx3-ubyte.gz: byte") && Contains("damaged"));
  }
  SECTION("bytes behind the gzip data") {
    // Not part of the data, which are whole: gzip itself ignores them, too.
    folder.write("t10k-images-idx3-ubyte.gz", gzip(folder, idx_images(2)) + "garbage");
    CHECK(read().test.size() == 2);
  }
  SECTION("no images") {
    folder.write("t10k-images-idx3-ubyte.gz", gzip(folder, idx_images(0)));
    CHECK_THROWS_WITH(read(), Contains("byte 4: dimension 0 is 0"));
  }
  SECTION("numbers of images and labels differ") {
    folder.write("train-labels-idx1-ubyte", idx_labels("\1\2"));
    CHECK_THROWS_WITH(read(), Contains("byte 4: 2 labels") && Contains("3 images"));
  }
  SECTION("impossible dimensions") {
    const std::string huge = big_endian(0xffffffff);
    folder.write("train-images-idx3-ubyte", big_endian(0x803) + huge + huge + huge);
    CHECK_THROWS_WITH(read(), Contains("byte 8: dimension 1"));
  }
}

TEST_CASE("a missing data set says where it was looked for, and where to get it",
          "[runtime][data]") {
  const test::TemporaryFolder folder;
  const std::string root = folder.path().string();
  struct Expected {
    const char* name;
    std::string looked_in, page, command;
  };
  const std::string curl = "curl -fL --create-dirs --output-dir '" + root;
  const std::vector<Expected> all = {
      {"cifar10", root + "/cifar10, " + root + "/cifar-10-batches-bin, " + root + ";",
       "https://www.cs.toronto.edu/~kriz/cifar.html", "scripts/fetch_cifar10.sh '" + root + "'"},
      {"cifar100", root + "/cifar100, " + root + "/cifar-100-binary;",
       "https://www.cs.toronto.edu/~kriz/cifar.html",
       "mkdir -p '" + root +
           "' && curl -fL https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz | tar -xz -C '" +
           root + "'"},
      {"mnist", root + "/mnist, " + root + "/MNIST/raw, " + root + ";",
       "https://yann.lecun.com/exdb/mnist",
       curl + "/mnist' --remote-name-all "
              "'https://ossci-datasets.s3.amazonaws.com/mnist/{train-images-idx3,train-labels-idx1,"
              "t10k-images-idx3,t10k-labels-idx1}-ubyte.gz'"},
      {"fashion_mnist",
       root + "/fashion_mnist, " + root + "/FashionMNIST/raw, " + root + "/fashion-mnist;",
       "https://github.com/zalandoresearch/fashion-mnist", curl + "/fashion_mnist' "},
      {"kmnist", root + "/kmnist, " + root + "/KMNIST/raw;", "http://codh.rois.ac.jp/kmnist",
       curl + "/kmnist' "}};
  for (const Expected& one : all) {
    const auto load = [&](const std::filesystem::path& data) {
      return load_data(test::info_of(one.name), data);
    };
    CHECK_THROWS_WITH(
        load(folder.path()),
        Contains("data set '" + std::string(one.name) + "' not found: the data root '" + root +
                 "' (--data) does not hold it; looked in " + one.looked_in) &&
            Contains(" from " + one.page + ", for example by\n  " + one.command) &&
            Contains("\nor name another data root with --data DIR"));
    CHECK_THROWS_WITH(load(folder / "gone"), Contains("/gone' (--data) is not there"));
  }
}

TEST_CASE("an unknown data set is told with those that there are", "[runtime][data]") {
  CHECK_THROWS_WITH(load_data(test::info_of("imagenet"), {}),
                    Contains("unknown data set 'imagenet'") &&
                        Contains("cifar10, cifar100, mnist, fashion_mnist, kmnist, shapes, "
                                 "shapes_gray and image_folder"));
}

TEST_CASE("a version of a data set that is not read is told", "[runtime][data]") {
  const test::TemporaryFolder folder;
  folder.write("cifar-10-batches-py/data_batch_1", "");
  folder.write("cifar-100-python/train", "");
  CHECK_THROWS_WITH(load_data(test::info_of("cifar10"), folder.path()),
                    Contains("cifar-10-batches-py' is another version, which castnet does not"));
  CHECK_THROWS_WITH(load_data(test::info_of("cifar100"), folder.path()),
                    Contains("cifar-100-python' is another version, which castnet does not"));
}

TEST_CASE("a data set of which a file is missing is not complete", "[runtime][data]") {
  const test::TemporaryFolder folder;
  for (const int batch : {1, 2, 4, 5}) {
    folder.write("cifar10/data_batch_" + std::to_string(batch) + ".bin", cifar_batch(batch));
  }
  const auto load = [&] { return load_data(test::info_of("cifar10"), folder.path()); };
  CHECK_THROWS_WITH(load(),
                    Contains("'cifar10' is not complete: '" + (folder / "cifar10").string() +
                             "' has no data_batch_3.bin, no test_batch.bin;") &&
                        Contains("scripts/fetch_cifar10.sh"));
  // A whole one elsewhere is taken.
  for (int batch = 1; batch <= 5; ++batch) {
    folder.write("cifar-10-batches-bin/data_batch_" + std::to_string(batch) + ".bin", "");
  }
  folder.write("cifar-10-batches-bin/test_batch.bin", "");
  CHECK_THROWS_WITH(load(), Contains("cifar-10-batches-bin/data_batch_1.bin: byte 0: truncated"));
}

TEST_CASE("every usual name of an IDX file is found", "[runtime][data]") {
  const test::TemporaryFolder folder;
  const std::string name = GENERATE("mnist", "fashion_mnist", "kmnist");
  const char mark = GENERATE('-', '.');
  const bool packed = GENERATE(false, true);
  const auto write = [&](const std::string& part, const std::string& kind,
                         const std::string& bytes) {
    const std::string file = name + '/' + part + mark + kind + "-ubyte";
    // Some archives hold a folder of a file's name around that file.
    std::filesystem::create_directories(folder / (name + '/' + part + "-" + kind + "-ubyte.gz"));
    if (packed) std::filesystem::remove(folder / (file + ".gz"));
    folder.write(packed ? file + ".gz" : file, packed ? gzip(folder, bytes) : bytes);
  };
  write("train-images", "idx3", idx_images(3));
  write("train-labels", "idx1", idx_labels("\1\2\3"));
  write("t10k-images", "idx3", idx_images(2));
  write("t10k-labels", "idx1", idx_labels("\4\5"));
  const Split split = load_data(test::info_of(name.c_str()), folder.path());
  CHECK(split.train.size() == 3);
  CHECK(split.test.size() == 2);
  CHECK(split.source == (folder / name).string());
}

TEST_CASE("usual folders below the data root are found", "[runtime][data]") {
  const test::TemporaryFolder folder;
  const std::string below = GENERATE("mnist/", "MNIST/raw/", "");
  folder.write(below + "train-images-idx3-ubyte", idx_images(3));
  folder.write(below + "train-labels-idx1-ubyte", idx_labels("\1\2\3"));
  folder.write(below + "t10k-images-idx3-ubyte", idx_images(1));
  folder.write(below + "t10k-labels-idx1-ubyte", idx_labels("\1"));
  const Split split = load_data(test::info_of("mnist"), folder.path());
  CHECK(split.train.size() == 3);
  CHECK(split.sha256.size() == 64);
}

TEST_CASE("data sets that are shaped as MNIST are found", "[runtime][data]") {
  const auto [name, below, last] = GENERATE(table<const char*, const char*, const char*>(
      {{"fashion_mnist", "fashion_mnist/", "ankle boot"},
       {"fashion_mnist", "FashionMNIST/raw/", "ankle boot"},
       {"fashion_mnist", "fashion-mnist/", "ankle boot"},
       {"kmnist", "kmnist/", "wo"},
       {"kmnist", "KMNIST/raw/", "wo"}}));
  const test::TemporaryFolder folder;
  for (const std::string half : {"train", "t10k"}) {
    folder.write(below + half + "-images-idx3-ubyte", idx_images(2));
    folder.write(below + half + "-labels-idx1-ubyte", idx_labels("\1\2"));
  }
  const Split split = load_data(test::info_of(name), folder.path());
  CHECK(split.name == name);
  REQUIRE(split.classes.size() == 10);
  CHECK(split.classes[9] == last);
  CHECK_THROWS_WITH(load_data(test::info_of("mnist"), folder.path()), Contains("not found"));
}

TEST_CASE("CIFAR-100 is looked for in its folders", "[runtime][data]") {
  const test::TemporaryFolder folder;
  const std::string below = GENERATE("cifar100", "cifar-100-binary");
  folder.write(below + "/train.bin", cifar100_records(1));
  folder.write(below + "/test.bin", cifar100_records(1));
  CHECK_THROWS_WITH(
      load_data(test::info_of("cifar100"), folder.path()),
      Contains(below + "/train.bin: byte 3074: truncated") && Contains("50000 records of 3074"));
}

TEST_CASE("training images take the test images' place", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_cifar(folder);
  Split whole = read_cifar10(folder.path(), kRecords);
  Split split = whole;
  hold_out(split, 4);
  CHECK(split.train.size() == 11);
  CHECK(split.test.size() == 4);
  // Every training image is in one of them, with its label: here all pixels are the label.
  std::multiset<int> labels;
  for (const DataSet* part : {&split.train, &split.test}) {
    CHECK(part->images.size() == part->size() * part->image_bytes());
    for (std::size_t i = 0; i < part->size(); ++i) {
      labels.insert(part->labels[i]);
      CHECK(part->image(i).front() == part->labels[i]);
    }
  }
  CHECK(labels == std::multiset<int>(whole.train.labels.begin(), whole.train.labels.end()));

  SECTION("those that a shuffle of no epoch puts first, in their order") {
    std::vector<std::uint32_t> order(15);
    shuffle(order, 0, 0xffffffff);
    std::sort(order.begin(), order.begin() + 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(split.test.labels[i] == whole.train.labels[order[i]]);
      CHECK(std::ranges::equal(split.test.image(i), whole.train.image(order[i])));
    }
  }
  SECTION("the same ones every time") {
    hold_out(whole, 4);
    CHECK(whole.test.labels == split.test.labels);
    CHECK(whole.train.images == split.train.images);
  }
  SECTION("but never all") {
    CHECK_THROWS_WITH(hold_out(whole, 15),
                      Contains("'hold_out' is 15, but") && Contains("has 15 training images"));
  }
  SECTION("as the program says") {
    ProgramInfo info = test::info_of("shapes");
    info.hold_out = 1000;
    const Split loaded = load_data(info, std::nullopt);
    CHECK(loaded.train.size() == 9000);
    CHECK(loaded.test.size() == 1000);
    CHECK(loaded.sha256 != load_data(test::info_of("shapes"), std::nullopt).sha256);
  }
}

TEST_CASE("shapes are the same bytes everywhere", "[runtime][data]") {
  Split colour = draw_shapes(false, 200, 50);
  hash_split(colour);
  CHECK(colour.sha256 == "e9c460d58f5be7f530011dcf37bf08bb05856b59202e81cfcc32a0fe4ffccad6");
  CHECK(colour.train.channels == 3);
  CHECK(colour.train.width == 32);
  Split gray = draw_shapes(true, 200, 50);
  hash_split(gray);
  CHECK(gray.sha256 == "aa2cf8be97d0865498ab771aa6e2bfa27fc22c78a4c0f23574b5e71c20863dd5");
  CHECK(gray.train.channels == 1);
  CHECK(gray.train.width == 28);
  const std::set<std::uint8_t> labels(gray.train.labels.begin(), gray.train.labels.end());
  CHECK(labels.size() == gray.classes.size());
}

TEST_CASE("the real data sets are read", "[runtime][data][real]") {
  const char* root = std::getenv("CASTNET_DATA");
  if (root == nullptr) {
    WARN("SKIPPED: CASTNET_DATA is not set, the published files were not read");
    return;
  }
  const std::string name = GENERATE("cifar10", "mnist");
  try {
    const Split split = load_data(test::info_of(name.c_str()), root);
    CHECK(split.train.size() == (name == "mnist" ? 60000 : 50000));
    CHECK(split.test.size() == 10000);
    ProgramInfo info = test::info_of(name.c_str());
    info.channels = split.train.channels;
    const Normalisation normalisation = normalisation_of(info, split.train);
    CHECK(normalisation.mean[0] == Approx(name == "mnist" ? 0.13066 : 0.49140).margin(1e-5));
    CHECK(normalisation.std[0] == Approx(name == "mnist" ? 0.30811 : 0.24703).margin(1e-5));
  } catch (const DataError& error) {
    if (!Contains("not found").match(error.what())) throw;
    WARN("SKIPPED: " << error.what());
  }
}
