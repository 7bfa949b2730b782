// Images of one's own: PNG files in a folder a class.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "castnet_shared/encoding.hpp"
#include "castnet_shared/limits.hpp"
#include "castnet_shared/memory.hpp"
#include "data/data_set.hpp"
#include "data/passed_over.hpp"
#include "data/picture.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBeside = 10'000;      ///< entries of a folder that holds folders
constexpr std::size_t kMostOfClass = 1'000'000;  ///< entries of a class's folder

/// All that is in a folder, sorted by the bytes of the names. Throws DataError beyond `most`.
std::vector<fs::directory_entry> entries_in(const fs::path& folder, std::size_t most) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entries.size() == most) {
      throw DataError(fmt::format(
          "'{}' holds more than {} files and folders; images are expected in train/CLASS/*.png and "
          "test/CLASS/*.png",
          folder.string(), most));
    }
    entries.push_back(*entry);
  }
  if (error) {
    throw DataError(fmt::format("'{}' cannot be read: {}", folder.string(), error.message()));
  }
  std::ranges::sort(entries, {},
                    [](const auto& entry) { return entry.path().filename().string(); });
  return entries;
}

std::string name_of(const fs::directory_entry& entry) { return entry.path().filename().string(); }

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

bool is_file(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_regular_file(ignored);
}

/// The kinds that are passed over in every folder: hidden names, and entries that are neither file
/// nor folder. Returns nothing for others.
std::optional<PassedKind> always_passed(const fs::directory_entry& entry) {
  if (name_of(entry).starts_with('.')) return PassedKind{"hidden name", "", ""};
  if (is_folder(entry) || is_file(entry)) return {};
  std::error_code ignored;
  if (!entry.exists(ignored)) {
    return PassedKind{"dangling link", "", "restore what it pointed to, or remove it"};
  }
  return PassedKind{"name", " of neither a file nor a folder", ""};
}

/// The folders in a folder that stand for something; files lie beside them.
std::vector<std::string> folders_in(const fs::path& folder, std::string_view beside,
                                    PassedOver& passed) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : entries_in(folder, kMostBeside)) {
    if (const auto kind = always_passed(entry)) {
      passed.add(*kind, entry.path());
    } else if (is_folder(entry)) {
      names.push_back(name_of(entry));
    } else {
      passed.add({"file", fmt::format(" beside {}", beside), ""}, entry.path());
    }
  }
  return names;
}

std::vector<std::string> classes_in(const fs::path& folder, PassedOver& passed) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw DataError(
        fmt::format("there is no folder '{}'; images are expected in train/CLASS/*.png "
                    "and test/CLASS/*.png",
                    folder.string()));
  }
  auto names = folders_in(folder, "the folders of classes", passed);
  if (names.empty() || names.size() > kMostClasses) {
    throw DataError(fmt::format("'{}' has {} folders, but each is a class: 1 to {} are possible",
                                folder.string(), names.size(), kMostClasses));
  }
  for (const std::string& name : names) {
    if (is_utf8(name)) continue;
    throw DataError(fmt::format(
        "'{}' has a name that is not UTF-8; class names are written into pictures, so rename it",
        (folder / name).string()));
  }
  return names;
}

bool is_called_png(const fs::path& path) {
  const std::string extension = path.extension().string();
  return std::ranges::equal(extension, std::string_view(".png"), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
  });
}

/// A kind of what lies in a class's folder and is no PNG file by its name.
PassedKind kind_in_class(const fs::directory_entry& entry) {
  if (is_folder(entry)) {
    return {"folder", " within a class's folder",
            "images are read in the class's folder itself, move them there"};
  }
  const std::string_view format = format_of_file(entry.path());
  if (format.empty()) return {"file", " of no known image format", ""};
  if (format == "PNG") return {"PNG image", " not called .png", "rename it to be read"};
  return {fmt::format("{} image", format), "", "castnet reads PNG: convert to it"};
}

/// One image file and its class.
struct Source {
  fs::path path;
  std::uint8_t label;
};

/// A class's images: some.
void add_sources(const fs::path& folder, std::uint8_t label, std::vector<Source>& sources,
                 PassedOver& passed) {
  const std::size_t before = sources.size();
  PassedOver here;
  for (const fs::directory_entry& entry : entries_in(folder, kMostOfClass)) {
    auto kind = always_passed(entry);
    if (!kind && is_file(entry) && is_called_png(entry.path())) {
      sources.push_back({entry.path(), label});
      continue;
    }
    if (!kind) kind = kind_in_class(entry);
    here.add(*kind, entry.path());
    passed.add(std::move(*kind), entry.path());
  }
  if (sources.size() > before) return;
  const auto lines = here.lines();
  throw DataError(
      fmt::format("'{}' holds no PNG file (*.png); convert its images, or remove the folder{}{}",
                  folder.string(), lines.empty() ? "" : "\n", fmt::join(lines, "\n")));
}

/// All images of a half. Every class folder that is there has some.
std::vector<Source> sources_in(const fs::path& folder, const std::vector<std::string>& classes,
                               PassedOver& passed) {
  std::vector<Source> sources;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const fs::path below = folder / classes[label];
    std::error_code ignored;
    if (!fs::is_directory(below, ignored)) continue;
    add_sources(below, static_cast<std::uint8_t>(label), sources, passed);
  }
  return sources;
}

DataSet read_images(const std::vector<Source>& sources, ImageShape shape) {
  DataSet set{.channels = shape.channels,
              .height = shape.height,
              .width = shape.width,
              .images = std::vector<std::uint8_t>(sources.size() * shape.elements()),
              .labels = std::vector<std::uint8_t>(sources.size())};
  DecodingRoom room(decoding_bytes());
  // No exception may leave a parallel region: the first file's, in order, is thrown afterwards.
  std::exception_ptr error;
  std::size_t at_fault = sources.size();
#pragma omp parallel for schedule(dynamic, 16)
  for (std::size_t i = 0; i < sources.size(); ++i) {
    try {
      set.labels[i] = sources[i].label;
      read_picture(sources[i].path, shape, room, set.images.data() + i * shape.elements());
    } catch (...) {
#pragma omp critical(castnet_image_folder)
      if (i < at_fault) {
        at_fault = i;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
  return set;
}

/// Files beside train and test are not read.
void note_halves(const fs::path& folder, PassedOver& passed) {
  for (const std::string& name : folders_in(folder, "train and test", passed)) {
    if (name == "train" || name == "test") continue;
    passed.add({"folder", " beside train and test", ""}, folder / name);
  }
}

std::vector<std::string> without_test(const std::vector<std::string>& classes,
                                      const std::vector<std::string>& tested) {
  std::vector<std::string> names;
  std::ranges::set_difference(classes, tested, std::back_inserter(names));
  return names;
}

/// Before memory is taken for so many images.
void require_room(const fs::path& folder, std::size_t images, ImageShape shape) {
  const auto reason = why_no_room(std::uint64_t{images} * shape.elements());
  if (!reason) return;
  throw DataError(fmt::format(
      "'{}' has {} images of {}x{}x{}, which {}; give a smaller height and width in the spec's "
      "'data'",
      folder.string(), images, shape.channels, shape.height, shape.width, *reason));
}

}  // namespace

Split read_image_folder(const fs::path& folder, ImageShape shape) {
  if (shape.channels != 1 && shape.channels != 3) {
    throw DataError(
        fmt::format("an image folder has images of 1 or 3 channels, not {}; change the "
                    "spec's channels",
                    shape.channels));
  }
  Split split;
  split.name = "image_folder";
  split.source = folder.string();
  PassedOver passed;
  note_halves(folder, passed);
  split.classes = classes_in(folder / "train", passed);
  const auto tested = classes_in(folder / "test", passed);
  for (const std::string& name : tested) {
    if (std::ranges::binary_search(split.classes, name)) continue;
    throw DataError(fmt::format("'{}' is no class of '{}'; rename or remove it",
                                (folder / "test" / name).string(), (folder / "train").string()));
  }
  const auto train = sources_in(folder / "train", split.classes, passed);
  const auto test = sources_in(folder / "test", split.classes, passed);
  require_room(folder, train.size() + test.size(), shape);
  split.train = read_images(train, shape);
  split.test = read_images(test, shape);
  split.notes = passed.lines();
  if (const auto untested = without_test(split.classes, tested); !untested.empty()) {
    split.notes.push_back(fmt::format("no test images of {} of {} classes: {}", untested.size(),
                                      split.classes.size(), fmt::join(untested, ", ")));
  }
  return split;
}

}  // namespace castnet
