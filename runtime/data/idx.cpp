// IDX files, plain or gzip: MNIST (Y. LeCun, C. Cortes, C. J. C. Burges), the format's description
// at https://yann.lecun.com/exdb/mnist, and the data sets that are shaped as it is.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "castnet_shared/data_places.hpp"
#include "castnet_shared/file.hpp"
#include "castnet_shared/memory.hpp"
#include "castnet_shared/png.hpp"
#include "data/data_set.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImagesMagic = 0x00000803;  // bytes, three dimensions
constexpr std::uint32_t kLabelsMagic = 0x00000801;  // bytes, one dimension
constexpr std::uint8_t kClasses = 10;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 32;

/// The most bytes that one byte of gzip data can hold (deflate, RFC 1951).
constexpr std::uint64_t kMostPacked = 1032;

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;

RegularFile open_file(const fs::path& path) {
  try {
    return open_regular(path);
  } catch (const FileError& error) {
    throw DataError(fmt::format("{}; download the file again", error.what()));
  }
}

/// An IDX file of bytes, plain or gzip: its header at first, its elements when they are asked for.
/// All offsets of errors count decompressed bytes.
class IdxFile {
 public:
  IdxFile(const fs::path& path, std::uint32_t magic);

  const fs::path& path() const { return path_; }
  std::uint32_t dimension(std::size_t i) const { return dimensions_[i]; }
  /// All of them. Throws DataError if they are not as many as the header promises.
  std::vector<std::uint8_t> read_elements();

 private:
  std::size_t read(void* bytes, std::size_t count);
  std::string read_header(std::size_t bytes);
  void check_length() const;
  [[noreturn]] void fail(std::uint64_t offset, const std::string& problem) const {
    throw DataError(path_, offset, problem);
  }
  [[noreturn]] void fail_truncated(std::uint64_t offset) const {
    fail(offset, fmt::format("truncated: the file ends here, its header promises {} bytes; "
                             "download it again",
                             header_bytes_ + elements_));
  }

  fs::path path_;
  std::uint64_t file_bytes_;
  Gzip file_;
  std::uint64_t position_ = 0;
  std::uint64_t header_bytes_ = 0;
  std::uint64_t elements_ = 1;  ///< that the header promises
  std::vector<std::uint32_t> dimensions_;
};

IdxFile::IdxFile(const fs::path& path, std::uint32_t magic) : path_(path) {
  RegularFile file = open_file(path);
  file_bytes_ = file.bytes;
  file_.reset(gzdopen(file.descriptor.get(), "rb"));
  if (!file_) throw std::bad_alloc();
  file.descriptor.release();
  const std::size_t rank = magic & 0xff;
  header_bytes_ = 4 + 4 * rank;
  const std::string header = read_header(header_bytes_);
  if (header.size() >= 4 && big_endian(header, 0) != magic) {
    fail(0, fmt::format("wrong magic number {:08x}, {:08x} expected; is this the right IDX file?",
                        big_endian(header, 0), magic));
  }
  if (header.size() < header_bytes_) {
    fail(header.size(), fmt::format("truncated: the file ends within its header of {} bytes; "
                                    "download it again",
                                    header_bytes_));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    dimensions_.push_back(big_endian(header, 4 + 4 * i));
    elements_ *= dimensions_.back();
    if (elements_ == 0 || elements_ > kMostBytes) {
      fail(4 + 4 * i,
           fmt::format("dimension {} is {}, which cannot be right; download the file again", i,
                       dimensions_.back()));
    }
  }
  check_length();
}

/// Up to `count` bytes, fewer at the end alone.
std::size_t IdxFile::read(void* bytes, std::size_t count) {
  std::size_t filled = 0;
  while (filled < count) {
    constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20;
    const auto chunk = static_cast<unsigned>(std::min(count - filled, kBytesAtOnce));
    const int got = gzread(file_.get(), static_cast<char*>(bytes) + filled, chunk);
    filled += static_cast<std::size_t>(std::max(got, 0));
    int status = Z_OK;
    const char* problem = gzerror(file_.get(), &status);
    if (status == Z_BUF_ERROR) {
      fail(position_ + filled,
           "truncated: the gzip data ends here (counted after decompression); download the file "
           "again");
    }
    if (got < 0) {
      fail(position_ + filled, fmt::format("damaged gzip data (counted after decompression): {}; "
                                           "download the file again",
                                           problem));
    }
    if (got == 0) break;
  }
  position_ += filled;
  return filled;
}

std::string IdxFile::read_header(std::size_t bytes) {
  std::string header(bytes, '\0');
  header.resize(read(header.data(), bytes));
  if (path_.extension() == ".gz" && gzdirect(file_.get()) != 0) {
    fail(0,
         "not a gzip file in spite of its name (1f 8b expected); download it again, or drop .gz "
         "from the name if it is already unpacked");
  }
  return header;
}

/// Before any element is read.
void IdxFile::check_length() const {
  const std::uint64_t promised = header_bytes_ + elements_;
  if (gzdirect(file_.get()) == 0) {
    if (promised / kMostPacked <= file_bytes_) return;
    fail(4, fmt::format("its header promises {} bytes, more than {} bytes of gzip data can hold; "
                        "download it again",
                        promised, file_bytes_));
  }
  if (file_bytes_ < promised) fail_truncated(file_bytes_);
  if (file_bytes_ > promised) {
    fail(promised, fmt::format("{} bytes more than its header promises; download it again",
                               file_bytes_ - promised));
  }
}

std::vector<std::uint8_t> IdxFile::read_elements() {
  if (const auto reason = why_no_room(elements_)) {
    fail(4, fmt::format("the {} elements that its header promises {}", elements_, *reason));
  }
  std::vector<std::uint8_t> elements(elements_);
  const std::size_t found = read(elements.data(), elements.size());
  if (found < elements.size()) fail_truncated(position_);
  // If there are no more bytes, gzip's check sum has been verified.
  char more = 0;
  if (read(&more, 1) > 0) {
    fail(header_bytes_ + elements_, "more bytes than its header promises; download the file again");
  }
  return elements;
}

fs::path find_idx(const fs::path& folder, const std::string& part, int dimensions) {
  const std::vector<std::string> names = idx_names(part, dimensions);
  fs::path found = find_file(folder, names);
  if (!found.empty()) return found;
  throw DataError(fmt::format("'{}' has none of {}; download all four files", folder.string(),
                              fmt::join(names, ", ")));
}

DataSet read_half(const fs::path& folder, const std::string& prefix) {
  IdxFile images(find_idx(folder, prefix + "-images", 3), kImagesMagic);
  IdxFile labels(find_idx(folder, prefix + "-labels", 1), kLabelsMagic);
  if (images.dimension(0) != labels.dimension(0)) {
    throw DataError(labels.path(), 4,
                    fmt::format("{} labels, but '{}' has {} images; the two files do not belong "
                                "together",
                                labels.dimension(0), images.path().string(), images.dimension(0)));
  }
  for (const std::size_t dimension : {std::size_t{1}, std::size_t{2}}) {
    if (images.dimension(dimension) != 28) {
      throw DataError(images.path(), 4 + 4 * dimension,
                      fmt::format("images of {}x{} pixels, 28x28 are expected", images.dimension(1),
                                  images.dimension(2)));
    }
  }
  DataSet set{.channels = 1,
              .height = 28,
              .width = 28,
              .images = images.read_elements(),
              .labels = labels.read_elements()};
  const auto wrong = std::ranges::find_if(set.labels, [](auto label) { return label >= kClasses; });
  if (wrong != set.labels.end()) {
    throw DataError(
        labels.path(), 8 + static_cast<std::uint64_t>(wrong - set.labels.begin()),
        fmt::format("label {} is out of range 0 to 9; download the file again", int{*wrong}));
  }
  return set;
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
