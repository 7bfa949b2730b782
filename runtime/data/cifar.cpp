// The binary versions of CIFAR-10 and CIFAR-100 (A. Krizhevsky, "Learning multiple layers of
// features from tiny images", 2009): https://www.cs.toronto.edu/~kriz/cifar.html.
#include <fmt/format.h>

#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "castnet_shared/encoding.hpp"
#include "castnet_shared/file.hpp"
#include "data/data_set.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kImageBytes = 3 * 32 * 32;

/// The records of a data set: label bytes, of which the last one counts, then the image.
struct Format {
  const char* name;
  const char* archive;
  std::vector<int> labels;  ///< how many values each label byte has

  std::size_t record_bytes() const { return labels.size() + kImageBytes; }
};

const Format kCifar10 = {"CIFAR-10", "cifar-10-binary.tar.gz", {10}};
const Format kCifar100 = {"CIFAR-100", "cifar-100-binary.tar.gz", {20, 100}};

/// Throws DataError, before anything is read, if the file is not as long as it has to be.
void check_length(const Format& format, const RegularFile& file, std::size_t records) {
  const std::size_t expected = records * format.record_bytes();
  if (file.bytes < expected) {
    throw DataError(file.path, file.bytes,
                    fmt::format("truncated: the file ends here, {} bytes are expected ({} records "
                                "of {}); unpack the archive again",
                                expected, records, format.record_bytes()));
  }
  if (file.bytes > expected) {
    throw DataError(
        file.path, expected,
        fmt::format("{} bytes too many: {} records of {} bytes are expected; is this "
                    "the binary version of {}?",
                    file.bytes - expected, records, format.record_bytes(), format.name));
  }
}

std::string read_records(const Format& format, const fs::path& path, std::size_t records) {
  try {
    const RegularFile file = open_regular(path);
    check_length(format, file, records);
    std::string bytes = read_all(file, file.bytes);
    if (bytes.size() == file.bytes) return bytes;
    throw FileError("read", path, "it became shorter while it was read");
  } catch (const FileError& error) {
    throw DataError(
        fmt::format("{}; unpack the whole archive {} again", error.what(), format.archive));
  }
}

void append_records(const Format& format, const fs::path& path, std::size_t records, DataSet& set) {
  const std::string bytes = read_records(format, path, records);
  for (std::size_t record = 0; record < records; ++record) {
    const std::size_t offset = record * format.record_bytes();
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data()) + offset;
    for (std::size_t i = 0; i < format.labels.size(); ++i) {
      if (first[i] < format.labels[i]) continue;
      throw DataError(path, offset + i,
                      fmt::format("label {} of record {} is out of range 0 to {}; the file is "
                                  "damaged or not {}'s binary version",
                                  int{first[i]}, record, format.labels[i] - 1, format.name));
    }
    const auto* image = first + format.labels.size();
    set.labels.push_back(image[-1]);
    set.images.insert(set.images.end(), image, image + kImageBytes);
  }
}

DataSet empty_set(std::size_t images) {
  DataSet set{.channels = 3, .height = 32, .width = 32, .images = {}, .labels = {}};
  set.images.reserve(images * kImageBytes);
  set.labels.reserve(images);
  return set;
}

std::vector<std::string> fine_classes() {
  // clang-format off
  return {"apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
          "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
          "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
          "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest",
          "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower",
          "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
          "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear",
          "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit",
          "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
          "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower",
          "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor", "train",
          "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm"};
  // clang-format on
}

constexpr std::string_view kNamesAdvice =
    "unpack the archive cifar-100-binary.tar.gz again, or remove the file: the names are built in";

std::string read_names_file(const fs::path& path) {
  constexpr std::uint64_t kMostBytes = 64 * 1024;
  try {
    return read_regular_file(path, kMostBytes);
  } catch (const FileError& error) {
    throw DataError(fmt::format("{}; {}", error.what(), kNamesAdvice));
  }
}

/// Why a line is no name of a class; empty if it is one.
std::string name_fault(const std::string& line) {
  constexpr std::size_t kLongest = 255;  // as names of folders
  if (line.size() > kLongest) {
    return fmt::format("a name of {} bytes, at most {} are read", line.size(), kLongest);
  }
  return is_utf8(line) ? ""
                       : "a name that is not UTF-8 text; class names are written into pictures";
}

/// A name a line, or the built-in ones where there is no such file.
std::vector<std::string> read_names(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return fine_classes();
  constexpr std::size_t kNames = 100;
  std::vector<std::string> names;
  std::set<std::string> known;
  std::istringstream lines(read_names_file(path));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    std::string fault = name_fault(line);
    if (fault.empty() && !known.insert(line).second) {
      fault = fmt::format("'{}' is there twice", line);
    }
    if (!fault.empty()) {
      throw DataError(
          fmt::format("{}: line {}: {}; {}", path.string(), number, fault, kNamesAdvice));
    }
    names.push_back(std::move(line));
  }
  if (names.size() != kNames) {
    throw DataError(fmt::format("{}: {} names, {} are expected, one a line; {}", path.string(),
                                names.size(), kNames, kNamesAdvice));
  }
  return names;
}

}  // namespace

Split read_cifar10(const fs::path& folder, std::size_t records) {
  Split split;
  split.name = "cifar10";
  split.source = folder.string();
  split.classes = {"airplane", "automobile", "bird",  "cat",  "deer",
                   "dog",      "frog",       "horse", "ship", "truck"};
  split.train = empty_set(5 * records);
  for (int batch = 1; batch <= 5; ++batch) {
    append_records(kCifar10, folder / fmt::format("data_batch_{}.bin", batch), records,
                   split.train);
  }
  split.test = empty_set(records);
  append_records(kCifar10, folder / "test_batch.bin", records, split.test);
  return split;
}

Split read_cifar100(const fs::path& folder, std::size_t training_images, std::size_t test_images) {
  Split split;
  split.name = "cifar100";
  split.source = folder.string();
  split.classes = read_names(folder / "fine_label_names.txt");
  split.train = empty_set(training_images);
  append_records(kCifar100, folder / "train.bin", training_images, split.train);
  split.test = empty_set(test_images);
  append_records(kCifar100, folder / "test.bin", test_images, split.test);
  return split;
}

}  // namespace castnet
