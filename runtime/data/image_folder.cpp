// Images of one's own: PNG files in a folder a class.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/cairo.hpp"
#include "data/data_set.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostClasses = 256;  // a label is a byte

/// Names below a folder that are not hidden, sorted by their bytes.
template <class Condition>
std::vector<std::string> names_in(const fs::path& folder, const Condition& condition) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && condition(entry)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
  return true;
}

std::vector<std::string> classes_in(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw DataError(
        fmt::format("there is no folder '{}'; images are expected in train/CLASS/*.png "
                    "and test/CLASS/*.png",
                    folder.string()));
  }
  auto names = names_in(folder, [](const auto& entry) { return entry.is_directory(); });
  if (names.empty() || names.size() > kMostClasses) {
    throw DataError(fmt::format("'{}' has {} folders, and each is a class: 1 to {} are possible",
                                folder.string(), names.size(), kMostClasses));
  }
  for (const std::string& name : names) {
    if (is_utf8(name)) continue;
    throw DataError(
        fmt::format("'{}' has a name that is not UTF-8, and a class's name is written into "
                    "pictures; rename it",
                    (folder / name).string()));
  }
  return names;
}

bool is_png(const fs::directory_entry& entry) {
  const std::string extension = entry.path().extension().string();
  return entry.is_regular_file() && (extension == ".png" || extension == ".PNG");
}

/// One image file and its class.
struct Source {
  fs::path path;
  std::uint8_t label;
};

/// All images of a half. Every class folder that is there has some.
std::vector<Source> sources_in(const fs::path& folder, const std::vector<std::string>& classes) {
  std::vector<Source> sources;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const fs::path below = folder / classes[label];
    std::error_code ignored;
    if (!fs::is_directory(below, ignored)) continue;
    const auto names = names_in(below, is_png);
    if (names.empty()) {
      throw DataError(
          fmt::format("'{}' holds no PNG file (*.png); convert its images, or remove "
                      "the folder",
                      below.string()));
    }
    for (const std::string& name : names) {
      sources.push_back({below / name, static_cast<std::uint8_t>(label)});
    }
  }
  return sources;
}

void check(cairo_status_t status, const fs::path& path) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  // Cairo says so of most errors of libpng, too.
  const char* reason = status == CAIRO_STATUS_NO_MEMORY ? "damaged, or too large for the memory"
                                                        : cairo_status_to_string(status);
  throw DataError(fmt::format("{}: cannot be read as a PNG image ({}); replace or remove it",
                              path.string(), reason));
}

/// The centre of a picture, of the aspect ratio width / height, over black, at width x height.
CairoSurface read_picture(const fs::path& path, int width, int height) {
  const CairoSurface file(cairo_image_surface_create_from_png(path.c_str()));
  check(cairo_surface_status(file.get()), path);
  const double file_width = cairo_image_surface_get_width(file.get());
  const double file_height = cairo_image_surface_get_height(file.get());
  const double scale = std::max(width / file_width, height / file_height);
  CairoSurface picture(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  const CairoContext context(cairo_create(picture.get()));  // black at first
  cairo_scale(context.get(), scale, scale);
  cairo_set_source_surface(context.get(), file.get(), (width / scale - file_width) / 2,
                           (height / scale - file_height) / 2);
  cairo_pattern_t* pattern = cairo_get_source(context.get());
  cairo_pattern_set_filter(pattern, scale == 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_BEST);
  cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD);  // nothing shines in at the edges
  cairo_paint(context.get());
  check(cairo_status(context.get()), path);
  cairo_surface_flush(picture.get());
  return picture;
}

void read_image(const fs::path& path, ImageShape shape, std::uint8_t* bytes) {
  const CairoSurface picture = read_picture(path, shape.width, shape.height);
  const unsigned char* data = cairo_image_surface_get_data(picture.get());
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(picture.get());
  const std::ptrdiff_t plane = std::ptrdiff_t{shape.height} * shape.width;
  for (int y = 0; y < shape.height; ++y) {
    const auto* row = reinterpret_cast<const std::uint32_t*>(data + y * stride);
    for (int x = 0; x < shape.width; ++x, ++bytes) {
      const std::uint32_t red = row[x] >> 16 & 0xff, green = row[x] >> 8 & 0xff,
                          blue = row[x] & 0xff;
      if (shape.channels == 1) {
        *bytes = static_cast<std::uint8_t>((299 * red + 587 * green + 114 * blue + 500) / 1000);
      } else {
        bytes[0] = static_cast<std::uint8_t>(red);
        bytes[plane] = static_cast<std::uint8_t>(green);
        bytes[2 * plane] = static_cast<std::uint8_t>(blue);
      }
    }
  }
}

DataSet read_images(const std::vector<Source>& sources, ImageShape shape) {
  DataSet set{.channels = shape.channels,
              .height = shape.height,
              .width = shape.width,
              .images = std::vector<std::uint8_t>(sources.size() * shape.elements()),
              .labels = std::vector<std::uint8_t>(sources.size())};
  // No exception may leave a parallel region: the first file's, in order, is thrown afterwards.
  std::exception_ptr error;
  std::size_t at_fault = sources.size();
#pragma omp parallel for schedule(dynamic, 16)
  for (std::size_t i = 0; i < sources.size(); ++i) {
    try {
      set.labels[i] = sources[i].label;
      read_image(sources[i].path, shape, set.images.data() + i * shape.elements());
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
  split.classes = classes_in(folder / "train");
  for (const std::string& name : classes_in(folder / "test")) {
    if (std::ranges::binary_search(split.classes, name)) continue;
    throw DataError(fmt::format("'{}' is no class of '{}'; rename or remove it",
                                (folder / "test" / name).string(), (folder / "train").string()));
  }
  split.train = read_images(sources_in(folder / "train", split.classes), shape);
  split.test = read_images(sources_in(folder / "test", split.classes), shape);
  return split;
}

}  // namespace castnet
