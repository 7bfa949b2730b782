#include "data/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "castnet_shared/file.hpp"
#include "castnet_shared/memory.hpp"
#include "castnet_shared/png.hpp"
#include "core/cairo.hpp"
#include "data/passed_over.hpp"

namespace castnet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 33;       ///< signature and IHDR chunk
constexpr std::uint64_t kPixelBytes = 4;       ///< decoded, of 8 bits a colour
constexpr std::uint32_t kLongestSide = 32767;  ///< Cairo's

[[noreturn]] void refuse(const fs::path& path, std::string_view reason) {
  throw DataError(
      fmt::format("{}: cannot be read as a PNG image: {}; convert, replace or remove it",
                  path.string(), reason));
}

/// A file that is being decoded.
struct ByteStream {
  const RegularFile& file;
  std::string_view head;          ///< read already, and not yet given to the decoder
  bool ended = false;             ///< before the decoder had all that it asked for
  std::exception_ptr error = {};  ///< of reading

  void fill(std::span<char> bytes) {
    const std::string_view first = head.substr(0, bytes.size());
    std::ranges::copy(first, bytes.begin());
    head.remove_prefix(first.size());
    const auto rest = bytes.subspan(first.size());
    ended = read_next(file, rest) < rest.size();
  }
};

/// For Cairo, through whose frames in C no exception may pass.
cairo_status_t give(void* closure, unsigned char* bytes, unsigned count) {
  ByteStream& source = *static_cast<ByteStream*>(closure);
  try {
    source.fill({reinterpret_cast<char*>(bytes), count});
  } catch (...) {
    source.error = std::current_exception();
  }
  return source.error || source.ended ? CAIRO_STATUS_READ_ERROR : CAIRO_STATUS_SUCCESS;
}

/// The facts in a PNG file's header.
struct Header {
  std::uint32_t width;
  std::uint32_t height;
  bool deep;  ///< 16 bits a colour

  std::uint64_t pixels() const { return std::uint64_t{width} * height; }
  /// The most that a file of it has: its rows, nearly incompressible, of four colours and a
  /// filter's byte, and a camera's notes and previews.
  std::uint64_t most_bytes() const {
    constexpr std::uint64_t kNotes = std::uint64_t{16} << 20;
    return (deep ? 2 : 1) * (kPixelBytes + 1) * pixels() + kNotes;
  }
  /// Cairo decodes 16 bits to floats, and keeps the file in a buffer that doubles as it grows.
  std::uint64_t decoding_bytes(std::uint64_t file_bytes) const {
    return (deep ? 4 : 1) * kPixelBytes * pixels() + 2 * file_bytes;
  }
};

/// The header of a file that begins with `head`.
Header header_of(std::string_view head, const fs::path& path) {
  if (head.empty()) refuse(path, "it is empty");
  if (const std::string_view format = format_of(head); format.empty()) {
    refuse(path, "it does not begin like one");
  } else if (format != "PNG") {
    refuse(path, fmt::format("it is a {} image, whatever its name says", format));
  }
  if (head.size() < kHeaderBytes) refuse(path, "it ends within its header");
  if (head.substr(12, 4) != "IHDR") refuse(path, "damaged: its size does not come first");
  const Header header{big_endian(head, 16), big_endian(head, 20), head[24] == 16};
  if (std::max(header.width, header.height) > kLongestSide || header.pixels() > kMostPixels ||
      header.pixels() == 0) {
    refuse(path, fmt::format("it has {}x{} pixels, and up to {} are read, at most {} a side",
                             header.width, header.height, kMostPixels, kLongestSide));
  }
  return header;
}

/// Cairo's status, which says NO_MEMORY of most errors of libpng, too.
std::string_view reason(cairo_status_t status, const ByteStream& source) {
  if (source.ended) return "the file ends within the image";
  return status == CAIRO_STATUS_NO_MEMORY ? "damaged, or too large for the memory"
                                          : cairo_status_to_string(status);
}

CairoSurface decode(ByteStream& source) {
  CairoSurface picture(cairo_image_surface_create_from_png_stream(give, &source));
  if (source.error) std::rethrow_exception(source.error);
  const cairo_status_t status = cairo_surface_status(picture.get());
  if (status != CAIRO_STATUS_SUCCESS) refuse(source.file.path, reason(status, source));
  return picture;
}

/// The centre of a picture, of the aspect ratio width / height, over black, at width x height.
CairoSurface fitted(cairo_surface_t* file, int width, int height) {
  const double file_width = cairo_image_surface_get_width(file);
  const double file_height = cairo_image_surface_get_height(file);
  const double scale = std::max(width / file_width, height / file_height);
  CairoSurface picture(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  const CairoContext context(cairo_create(picture.get()));  // black at first
  cairo_scale(context.get(), scale, scale);
  cairo_set_source_surface(context.get(), file, (width / scale - file_width) / 2,
                           (height / scale - file_height) / 2);
  cairo_pattern_t* pattern = cairo_get_source(context.get());
  cairo_pattern_set_filter(pattern, scale == 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_BEST);
  cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD);  // nothing shines in at the edges
  cairo_paint(context.get());
  if (cairo_status(context.get()) != CAIRO_STATUS_SUCCESS) return nullptr;
  cairo_surface_flush(picture.get());
  return picture;
}

void copy_bytes(cairo_surface_t* picture, ImageShape shape, std::uint8_t* bytes) {
  const unsigned char* data = cairo_image_surface_get_data(picture);
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(picture);
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

void read_picture(const RegularFile& file, ImageShape shape, DecodingRoom& room,
                  std::uint8_t* bytes) {
  std::array<char, kHeaderBytes> buffer;
  const std::string_view head(buffer.data(), read_next(file, buffer));
  const Header header = header_of(head, file.path);
  if (file.bytes > header.most_bytes()) {
    refuse(file.path, fmt::format("it has {} bytes, more than the {} that {}x{} pixels may take",
                                  file.bytes, header.most_bytes(), header.width, header.height));
  }
  const DecodingRoom::Place place(room, header.decoding_bytes(file.bytes));
  ByteStream source{file, head};
  const CairoSurface picture = fitted(decode(source).get(), shape.width, shape.height);
  if (!picture) refuse(file.path, "it cannot be scaled");
  copy_bytes(picture.get(), shape, bytes);
}

}  // namespace

DecodingRoom::Place::Place(DecodingRoom& room, std::uint64_t bytes) : room_(room), bytes_(bytes) {
  std::unique_lock lock(room_.mutex_);
  room_.given_back_.wait(
      lock, [&] { return room_.taken_ == 0 || room_.taken_ + bytes_ <= room_.bytes_; });
  room_.taken_ += bytes_;
}

DecodingRoom::Place::~Place() {
  {
    const std::lock_guard lock(room_.mutex_);
    room_.taken_ -= bytes_;
  }
  room_.given_back_.notify_all();
}

std::uint64_t decoding_bytes() {
  const auto available = available_memory();
  return std::max(kPixelBytes * kMostPixels, available ? available->bytes / 4 : 0);
}

void read_picture(const fs::path& path, ImageShape shape, DecodingRoom& room, std::uint8_t* bytes) {
  try {
    read_picture(open_regular(path), shape, room, bytes);
  } catch (const FileError& error) {
    throw DataError(fmt::format("{}; check that it may be read, or remove it", error.what()));
  }
}

}  // namespace castnet
