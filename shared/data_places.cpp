#include "castnet_shared/data_places.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

namespace castnet {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

/// A data set that others publish.
struct Published {
  std::string_view name;
  Names folders;             ///< where it may lie below the data root, in order of preference
  std::vector<Names> files;  ///< all are needed, each under one of its names
  std::string_view what;     ///< of it is read
  std::string_view page;     ///< where that is published
  std::string fetch;         ///< a command; {0} stands for the data root
  std::string_view unread;   ///< folder of another version of it
};

/// A command that fetches the four IDX files into this folder.
std::string fetch_idx(std::string_view folder, std::string_view address) {
  return fmt::format(
      "curl -fL --create-dirs --output-dir '{{0}}/{}' --remote-name-all "
      "'{}{{{{train-images-idx3,train-labels-idx1,t10k-images-idx3,t10k-labels-idx1}}}}-ubyte.gz'",
      folder, address);
}

std::vector<Published> published() {
  constexpr std::string_view kCifar = "https://www.cs.toronto.edu/~kriz/cifar.html";
  constexpr std::string_view kBinary = "the binary version";
  constexpr std::string_view kIdx =
      "the four IDX files, train-images-idx3-ubyte.gz and so on, plain or gzip,";
  const std::vector<Names> batches = {{"data_batch_1.bin"}, {"data_batch_2.bin"},
                                      {"data_batch_3.bin"}, {"data_batch_4.bin"},
                                      {"data_batch_5.bin"}, {"test_batch.bin"}};
  const std::vector<Names> idx = {idx_names("train-images", 3), idx_names("train-labels", 1),
                                  idx_names("t10k-images", 3), idx_names("t10k-labels", 1)};
  return {
      {"cifar10",
       {"cifar10", "cifar-10-batches-bin", "."},
       batches,
       kBinary,
       kCifar,
       "scripts/fetch_cifar10.sh '{0}'",
       "cifar-10-batches-py"},
      {"cifar100",
       {"cifar100", "cifar-100-binary"},
       {{"train.bin"}, {"test.bin"}},
       kBinary,
       kCifar,
       "mkdir -p '{0}' && curl -fL https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz | "
       "tar -xz -C '{0}'",
       "cifar-100-python"},
      {"mnist",
       {"mnist", "MNIST/raw", "."},
       idx,
       kIdx,
       "https://yann.lecun.com/exdb/mnist",
       fetch_idx("mnist", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
       {}},
      {"fashion_mnist",
       {"fashion_mnist", "FashionMNIST/raw", "fashion-mnist"},
       idx,
       kIdx,
       "https://github.com/zalandoresearch/fashion-mnist",
       fetch_idx("fashion_mnist", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
       {}},
      {"kmnist",
       {"kmnist", "KMNIST/raw"},
       idx,
       kIdx,
       "http://codh.rois.ac.jp/kmnist",
       fetch_idx("kmnist", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"),
       {}},
  };
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// The data root, and how it was chosen.
struct Root {
  fs::path path;
  std::string_view origin;
};

Root data_root(const std::optional<fs::path>& given) {
  if (given) return {*given, "--data"};
  const char* environment = std::getenv("CASTNET_DATA");
  if (environment != nullptr && *environment != '\0') return {environment, "CASTNET_DATA"};
  return {"data", "neither --data nor CASTNET_DATA is set"};
}

std::string told(const Root& root) {
  return fmt::format("the data root '{}' ({})", root.path.string(), root.origin);
}

/// The files that a folder lacks, by their first names.
Names missing_in(const fs::path& folder, const std::vector<Names>& files) {
  Names missing;
  for (const Names& names : files) {
    if (find_file(folder, names).empty()) missing.push_back(names.front());
  }
  return missing;
}

std::string how_to_get(const Published& set, const Root& root) {
  std::string text;
  if (const fs::path unread = root.path / set.unread; !set.unread.empty() && is_folder(unread)) {
    text = fmt::format("; '{}' is another version, which castnet does not read", unread.string());
  }
  return text + fmt::format("; get {} from {}, for example by\n  {}", set.what, set.page,
                            fmt::format(fmt::runtime(set.fetch), root.path.string()));
}

DataPlace find_published(const Published& set, const Root& root) {
  Names looked_in;
  std::string incomplete;
  for (const std::string& below : set.folders) {
    const fs::path folder = below == "." ? root.path : root.path / below;
    const Names missing = missing_in(folder, set.files);
    if (missing.empty()) return {folder, ""};
    looked_in.push_back(folder.string());
    if (missing.size() == set.files.size() || !incomplete.empty()) continue;
    incomplete = fmt::format("data set '{}' is not complete: '{}' has no {}", set.name,
                             folder.string(), fmt::join(missing, ", no "));
  }
  if (!incomplete.empty()) return {{}, incomplete + how_to_get(set, root)};
  return {
      {},
      fmt::format("data set '{}' not found: {} {}; looked in {}{}\nor name another data root "
                  "with --data DIR",
                  set.name, told(root), is_folder(root.path) ? "does not hold it" : "is not there",
                  fmt::join(looked_in, ", "), how_to_get(set, root))};
}

DataPlace find_image_folder(std::string_view path, const Root& root) {
  const fs::path folder = root.path / path;  // the latter alone, if it is absolute
  for (const fs::path& needed : {folder, folder / "train", folder / "test"}) {
    if (is_folder(needed)) continue;
    const std::string where =
        fs::path(path).is_absolute()
            ? std::string("which the spec's 'path' names")
            : fmt::format("which the spec's 'path' '{}' names below {}{}", path, told(root),
                          is_folder(root.path) ? "" : ", which is not there either");
    return {{},
            fmt::format("there is no folder '{}': images are expected as train/CLASS/*.png and "
                        "test/CLASS/*.png in '{}', {}; put them there, change 'path', or name "
                        "another data root with --data DIR",
                        needed.string(), folder.string(), where)};
  }
  return {folder, ""};
}

}  // namespace

DataPlace find_data(std::string_view data_set, std::string_view image_folder,
                    const std::optional<fs::path>& root) {
  if (data_set == "shapes" || data_set == "shapes_gray") return {};
  if (data_set == "image_folder") return find_image_folder(image_folder, data_root(root));
  std::string known;
  for (const Published& set : published()) {
    if (set.name == data_set) return find_published(set, data_root(root));
    known += fmt::format("{}, ", set.name);
  }
  return {{},
          fmt::format("unknown data set '{}'; there are {}shapes, shapes_gray and image_folder",
                      data_set, known)};
}

Names idx_names(std::string_view part, int dimensions) {
  const std::string kind = fmt::format("idx{}-ubyte", dimensions);
  Names names = {fmt::format("{}-{}", part, kind), fmt::format("{}.{}", part, kind)};
  for (const std::size_t plain : {0U, 1U}) names.push_back(names[plain] + ".gz");
  return names;
}

fs::path find_file(const fs::path& folder, const Names& names) {
  // Some archives unpack to a folder of a file's name around that file. What is neither a file nor
  // a folder is found, too: its reader says what it is.
  const auto found = std::ranges::find_if(names, [&](const std::string& name) {
    std::error_code ignored;
    const fs::file_status status = fs::status(folder / name, ignored);
    return fs::exists(status) && !fs::is_directory(status);
  });
  return found == names.end() ? fs::path() : folder / *found;
}

}  // namespace castnet
