// IDX files, plain or gzip: MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), the format's description
// at https://yann.lecun.com/exdb/mnist, and the data sets that are shaped as it is.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "castnet_shared/data_places.hpp"
#include "data/data_set.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImagesMagic = 0x00000803;  // bytes, three dimensions
constexpr std::uint32_t kLabelsMagic = 0x00000801;  // bytes, one dimension
constexpr std::uint8_t kClasses = 10;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 32;

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;

/// The contents of a plain or gzip file; offsets of errors count decompressed bytes.
std::vector<std::uint8_t> read_content(const fs::path& path) {
  const Gzip file(gzopen(path.c_str(), "rb"));
  if (!file) throw DataError(path, 0, "cannot be opened; check that it may be read");
  std::vector<std::uint8_t> content;
  constexpr unsigned kChunk = 1U << 20;
  for (;;) {
    const std::size_t filled = content.size();
    content.resize(filled + kChunk);
    const int count = gzread(file.get(), content.data() + filled, kChunk);
    content.resize(filled + static_cast<std::size_t>(std::max(count, 0)));
    int status = Z_OK;
    const char* problem = gzerror(file.get(), &status);
    if (status == Z_BUF_ERROR) {
      throw DataError(path, content.size(),
                      "truncated: the gzip data ends here (counted after decompression); download "
                      "the file again");
    }
    if (count < 0) {
      throw DataError(path, content.size(),
                      fmt::format("damaged gzip data (counted after decompression): {}; download "
                                  "the file again",
                                  problem));
    }
    if (filled == 0 && path.extension() == ".gz" && gzdirect(file.get()) != 0) {
      throw DataError(path, 0,
                      "not a gzip file in spite of its name (1f 8b expected); download it again, "
                      "or drop .gz from the name if it is already unpacked");
    }
    if (count == 0) return content;
  }
}

std::uint32_t big_endian(const std::vector<std::uint8_t>& bytes, std::size_t offset) {
  return std::uint32_t{bytes[offset]} << 24 | std::uint32_t{bytes[offset + 1]} << 16 |
         std::uint32_t{bytes[offset + 2]} << 8 | bytes[offset + 3];
}

/// An IDX file of bytes: its dimensions and elements.
struct Idx {
  std::vector<std::uint32_t> dimensions;
  std::vector<std::uint8_t> elements;
};

Idx read_idx(const fs::path& path, std::uint32_t magic) {
  std::vector<std::uint8_t> bytes = read_content(path);
  const std::size_t rank = magic & 0xff;
  const std::size_t header = 4 + 4 * rank;
  if (bytes.size() >= 4 && big_endian(bytes, 0) != magic) {
    throw DataError(path, 0,
                    fmt::format("wrong magic number {:08x}, {:08x} expected; is this the right IDX "
                                "file?",
                                big_endian(bytes, 0), magic));
  }
  if (bytes.size() < header) {
    throw DataError(path, bytes.size(),
                    fmt::format("truncated: the file ends within its header of {} bytes; download "
                                "it again",
                                header));
  }
  Idx idx;
  std::uint64_t expected = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    idx.dimensions.push_back(big_endian(bytes, 4 + 4 * i));
    expected *= idx.dimensions.back();
    if (expected == 0 || expected > kMostBytes) {
      throw DataError(path, 4 + 4 * i,
                      fmt::format("dimension {} is {}, which cannot be right; download the file "
                                  "again",
                                  i, idx.dimensions.back()));
    }
  }
  const std::uint64_t found = bytes.size() - header;
  if (found < expected) {
    throw DataError(path, bytes.size(),
                    fmt::format("truncated: the file ends here, its header promises {} bytes; "
                                "download it again",
                                header + expected));
  }
  if (found > expected) {
    throw DataError(
        path, header + expected,
        fmt::format("{} bytes more than its header promises; download it again", found - expected));
  }
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  idx.elements = std::move(bytes);
  return idx;
}

fs::path find_idx(const fs::path& folder, const std::string& part, int dimensions) {
  const std::vector<std::string> names = idx_names(part, dimensions);
  fs::path found = find_file(folder, names);
  if (!found.empty()) return found;
  throw DataError(fmt::format("'{}' has none of {}; download all four files", folder.string(),
                              fmt::join(names, ", ")));
}

DataSet read_half(const fs::path& folder, const std::string& prefix) {
  const fs::path images_path = find_idx(folder, prefix + "-images", 3);
  const fs::path labels_path = find_idx(folder, prefix + "-labels", 1);
  Idx images = read_idx(images_path, kImagesMagic);
  Idx labels = read_idx(labels_path, kLabelsMagic);
  if (images.dimensions[0] != labels.dimensions[0]) {
    throw DataError(labels_path, 4,
                    fmt::format("{} labels, but '{}' has {} images; the two files do not belong "
                                "together",
                                labels.dimensions[0], images_path.string(), images.dimensions[0]));
  }
  for (const std::size_t dimension : {std::size_t{1}, std::size_t{2}}) {
    if (images.dimensions[dimension] != 28) {
      throw DataError(images_path, 4 + 4 * dimension,
                      fmt::format("images of {}x{} pixels, 28x28 are expected",
                                  images.dimensions[1], images.dimensions[2]));
    }
  }
  const auto wrong = std::find_if(labels.elements.begin(), labels.elements.end(),
                                  [](std::uint8_t label) { return label >= kClasses; });
  if (wrong != labels.elements.end()) {
    throw DataError(
        labels_path, 8 + static_cast<std::uint64_t>(wrong - labels.elements.begin()),
        fmt::format("label {} is out of range 0 to 9; download the file again", int{*wrong}));
  }
  return {.channels = 1,
          .height = 28,
          .width = 28,
          .images = std::move(images.elements),
          .labels = std::move(labels.elements)};
}

Split read_split(const fs::path& folder, const char* name, std::vector<std::string> classes) {
  return {.name = name,
          .source = folder.string(),
          .classes = std::move(classes),
          .train = read_half(folder, "train"),
          .test = read_half(folder, "t10k"),
          .sha256 = ""};
}

}  // namespace

Split read_mnist(const fs::path& folder) {
  return read_split(folder, "mnist", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

Split read_fashion_mnist(const fs::path& folder) {
  return read_split(folder, "fashion_mnist",
                    {"T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt",
                     "sneaker", "bag", "ankle boot"});
}

Split read_kmnist(const fs::path& folder) {
  return read_split(folder, "kmnist", {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"});
}

}  // namespace castnet
