#include "data/data_set.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <initializer_list>

#include "core/sha256.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

/// Where a data set may lie below the data root, and how it is recognised.
struct Place {
  std::string_view name;
  std::initializer_list<const char*> folders;  ///< in order of preference
  std::initializer_list<const char*> files;    ///< a folder with any of these holds the data set
  Split (*read)(const fs::path& folder);
  const char* advice;
};

Split read_whole_cifar10(const fs::path& folder) { return read_cifar10(folder); }

const Place kPlaces[] = {
    {"cifar10",
     {"cifar10", "cifar-10-batches-bin", "."},
     {"data_batch_1.bin", "test_batch.bin"},
     read_whole_cifar10,
     "unpack the binary version (cifar-10-binary.tar.gz from "
     "https://www.cs.toronto.edu/~kriz/cifar.html) there"},
    {"mnist",
     {"mnist", "MNIST/raw", "."},
     {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz",
      "t10k-images-idx3-ubyte"},
     read_mnist,
     "put the four IDX files (train-images-idx3-ubyte.gz and so on, plain or gzip) there"},
};

/// The data root and how it was chosen, for messages.
struct Root {
  fs::path path;
  const char* origin;
};

Root data_root(const std::optional<fs::path>& given) {
  if (given) return {*given, "--data"};
  const char* environment = std::getenv("CASTNET_DATA");
  if (environment != nullptr && *environment != '\0') return {environment, "CASTNET_DATA"};
  return {"data", "neither --data nor CASTNET_DATA is set"};
}

bool holds(const fs::path& folder, const Place& place) {
  for (const char* file : place.files) {
    std::error_code ignored;
    if (fs::exists(folder / file, ignored)) return true;
  }
  return false;
}

Split read_place(const Place& place, const Root& root) {
  std::string looked_in;
  for (const char* below : place.folders) {
    const fs::path folder = std::string_view(below) == "." ? root.path : root.path / below;
    if (!holds(folder, place)) {
      looked_in += fmt::format("{}{}", looked_in.empty() ? "" : ", ", folder.string());
      continue;
    }
    Split split = place.read(folder);
    split.source = folder.string();
    return split;
  }
  throw DataError(fmt::format("data set '{}' not found ({}); looked in {}; {}, or give --data ROOT",
                              place.name, root.origin, looked_in, place.advice));
}

Split load_unhashed(std::string_view name, const std::optional<fs::path>& root) {
  if (name == "shapes" || name == "shapes_gray") return draw_shapes(name == "shapes_gray");
  for (const Place& place : kPlaces) {
    if (place.name == name) return read_place(place, data_root(root));
  }
  throw DataError(
      fmt::format("unknown data set '{}'; there are cifar10, mnist, shapes and shapes_gray", name));
}

}  // namespace

DataError::DataError(const std::filesystem::path& file, std::uint64_t offset,
                     std::string_view problem)
    : std::runtime_error(fmt::format("{}: byte {}: {}", file.string(), offset, problem)) {}

void hash_split(Split& split) {
  const std::array<const std::vector<std::uint8_t>*, 4> parts = {
      &split.train.images, &split.train.labels, &split.test.images, &split.test.labels};
  std::array<std::string, 4> digests;
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t i = 0; i < parts.size(); ++i) digests[i] = sha256_hex(*parts[i]);
  split.sha256 = sha256_hex(digests[0] + digests[1] + digests[2] + digests[3]);
}

Split load_data(std::string_view name, const std::optional<std::filesystem::path>& root) {
  Split split = load_unhashed(name, root);
  split.name = name;
  hash_split(split);
  return split;
}

}  // namespace castnet
