#include "data/data_set.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "castnet_shared/data_places.hpp"
#include "castnet_shared/sha256.hpp"
#include "castnet_shared/words.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

Split read_folder(const ProgramInfo& info, const fs::path& folder) {
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

Split read_from(const ProgramInfo& info, const fs::path& folder) {
  const std::string_view name = info.data_set;
  if (name == "cifar10") return read_cifar10(folder);
  if (name == "cifar100") return read_cifar100(folder);
  if (name == "mnist") return read_mnist(folder);
  if (name == "fashion_mnist") return read_fashion_mnist(folder);
  if (name == "kmnist") return read_kmnist(folder);
  if (name == "image_folder") return read_folder(info, folder);
  return draw_shapes(name == "shapes_gray");
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

std::string_view evaluated_word(const Split& split) { return evaluated_word(split.held_out); }

Split load_data(const ProgramInfo& info, const std::optional<std::filesystem::path>& root) {
  const DataPlace place = find_data(info.data_set, info.folder, root);
  if (!place.problem.empty()) throw DataError(place.problem);
  Split split = read_from(info, place.folder);
  split.name = info.data_set;
  if (info.hold_out > 0) hold_out(split, static_cast<std::size_t>(info.hold_out));
  hash_split(split);
  return split;
}

}  // namespace castnet
