// The binary version of CIFAR-10 (A. Krizhevsky, "Learning multiple layers of features from tiny
// images", 2009): https://www.cs.toronto.edu/~kriz/cifar.html.
#include <fmt/format.h>

#include <algorithm>

#include "core/file.hpp"
#include "data/data_set.hpp"

namespace castnet {
namespace {

constexpr std::size_t kImageBytes = 3 * 32 * 32;
constexpr std::size_t kRecordBytes = 1 + kImageBytes;
constexpr std::uint8_t kClasses = 10;

std::string read_batch(const std::filesystem::path& path, std::size_t records) {
  std::string bytes;
  try {
    bytes = read_file(path);
  } catch (const FileError& error) {
    throw DataError(
        fmt::format("{}; unpack the whole archive cifar-10-binary.tar.gz again", error.what()));
  }
  const std::size_t expected = records * kRecordBytes;
  if (bytes.size() < expected) {
    throw DataError(path, bytes.size(),
                    fmt::format("truncated: the file ends here, {} bytes are expected ({} records "
                                "of {}); unpack the archive again",
                                expected, records, kRecordBytes));
  }
  if (bytes.size() > expected) {
    throw DataError(path, expected,
                    fmt::format("{} bytes too many: {} records of {} bytes are expected; is this "
                                "the binary version of CIFAR-10?",
                                bytes.size() - expected, records, kRecordBytes));
  }
  return bytes;
}

void append_batch(const std::filesystem::path& path, std::size_t records, DataSet& set) {
  const std::string bytes = read_batch(path, records);
  for (std::size_t record = 0; record < records; ++record) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data()) + record * kRecordBytes;
    if (*first >= kClasses) {
      throw DataError(path, record * kRecordBytes,
                      fmt::format("label {} of record {} is out of range 0 to 9; the file is "
                                  "damaged or not CIFAR-10's binary version",
                                  int{*first}, record));
    }
    set.labels.push_back(*first);
    set.images.insert(set.images.end(), first + 1, first + kRecordBytes);
  }
}

DataSet empty_set(std::size_t images) {
  DataSet set{.channels = 3, .height = 32, .width = 32, .images = {}, .labels = {}};
  set.images.reserve(images * kImageBytes);
  set.labels.reserve(images);
  return set;
}

}  // namespace

Split read_cifar10(const std::filesystem::path& folder, std::size_t records) {
  Split split;
  split.name = "cifar10";
  split.source = folder.string();
  split.classes = {"airplane", "automobile", "bird",  "cat",  "deer",
                   "dog",      "frog",       "horse", "ship", "truck"};
  split.train = empty_set(5 * records);
  for (int batch = 1; batch <= 5; ++batch) {
    append_batch(folder / fmt::format("data_batch_{}.bin", batch), records, split.train);
  }
  split.test = empty_set(records);
  append_batch(folder / "test_batch.bin", records, split.test);
  return split;
}

}  // namespace castnet
