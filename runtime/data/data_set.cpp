#include "data/data_set.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "core/sha256.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<const char*>;

/// Where a data set may lie below the data root, and how it is recognised.
struct Place {
  std::string_view name;
  Names folders;  ///< in order of preference
  Names files;    ///< a folder with any of these holds the data set
  Split (*read)(const fs::path& folder);
  const char* advice;
};

Split read_whole_cifar10(const fs::path& folder) { return read_cifar10(folder); }
Split read_whole_cifar100(const fs::path& folder) { return read_cifar100(folder); }

std::vector<Place> places() {
  const Names idx_files = {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte",
                           "t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte"};
  const char* idx_advice =
      "put the four IDX files (train-images-idx3-ubyte.gz and so on, plain or gzip) there";
  return {
      {"cifar10",
       {"cifar10", "cifar-10-batches-bin", "."},
       {"data_batch_1.bin", "test_batch.bin"},
       read_whole_cifar10,
       "unpack the binary version (cifar-10-binary.tar.gz from "
       "https://www.cs.toronto.edu/~kriz/cifar.html) there"},
      {"cifar100",
       {"cifar100", "cifar-100-binary"},
       {"train.bin", "test.bin"},
       read_whole_cifar100,
       "unpack the binary version (cifar-100-binary.tar.gz from "
       "https://www.cs.toronto.edu/~kriz/cifar.html) there"},
      {"mnist", {"mnist", "MNIST/raw", "."}, idx_files, read_mnist, idx_advice},
      {"fashion_mnist",
       {"fashion_mnist", "FashionMNIST/raw", "fashion-mnist"},
       idx_files,
       read_fashion_mnist,
       idx_advice},
      {"kmnist", {"kmnist", "KMNIST/raw"}, idx_files, read_kmnist, idx_advice},
  };
}

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

Split read_folder(const ProgramInfo& info, const Root& root) {
  const fs::path folder = root.path / info.folder;  // the latter alone, if it is absolute
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw DataError(
        fmt::format("there is no folder '{}' ({}); put the images there, as train/CLASS/*.png and "
                    "test/CLASS/*.png, or give --data ROOT",
                    folder.string(), root.origin));
  }
  Split split = read_image_folder(folder, {info.channels, info.height, info.width});
  if (std::ssize(split.classes) != info.classes) {
    throw DataError(fmt::format(
        "'{}' has {} classes ({}), the network '{}' has {} outputs; each folder is a class: change "
        "the spec's number of classes, or the folders",
        (folder / "train").string(), split.classes.size(), fmt::join(split.classes, ", "),
        info.name, info.classes));
  }
  return split;
}

Split load_unhashed(const ProgramInfo& info, const std::optional<fs::path>& root) {
  const std::string_view name = info.data_set;
  if (name == "shapes" || name == "shapes_gray") return draw_shapes(name == "shapes_gray");
  if (name == "image_folder") return read_folder(info, data_root(root));
  std::string known;
  for (const Place& place : places()) {
    if (place.name == name) return read_place(place, data_root(root));
    known += fmt::format("{}, ", place.name);
  }
  throw DataError(fmt::format(
      "unknown data set '{}'; there are {}shapes, shapes_gray and image_folder", name, known));
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

Split load_data(const ProgramInfo& info, const std::optional<std::filesystem::path>& root) {
  Split split = load_unhashed(info, root);
  split.name = info.data_set;
  if (info.hold_out > 0) hold_out(split, static_cast<std::size_t>(info.hold_out));
  hash_split(split);
  return split;
}

}  // namespace castnet
