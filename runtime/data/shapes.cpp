// The synthetic data set: ten shapes with random place, size, shear, colours and noise.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "core/philox.hpp"
#include "data/data_set.hpp"

namespace castnet {
namespace {

enum Shape {
  circle,
  square,
  triangle,
  cross,
  ring,
  star,
  stripes_horizontal,
  stripes_vertical,
  diamond,
  checkerboard,
  kShapes
};

constexpr int kUnits = 16;  // units a pixel: shapes are evaluated in integers

constexpr std::uint64_t kSeed = 0x63617374;  // of the pictures themselves; a run's seed is its own

/// Random words of one image, one after another.
class Draws {
 public:
  explicit Draws(std::uint32_t image) : image_(image) {}
  /// Uniform in [low, high].
  int between(int low, int high) {
    if (next_ == 4) {
      words_ = philox({image_, block_++, 0, static_cast<std::uint32_t>(Stream::synthetic)}, kSeed);
      next_ = 0;
    }
    const auto range = static_cast<std::uint64_t>(high - low + 1);
    return low + static_cast<int>(words_[next_++] * range >> 32);
  }

 private:
  std::uint32_t image_;
  std::uint32_t block_ = 0;
  Philox4 words_ = {};
  std::size_t next_ = 4;
};

/// Whether the point (x, y), in units from the centre, lies in a shape of half-width `r`.
bool inside(int shape, int x, int y, int r) {
  const int ax = std::abs(x);
  const int ay = std::abs(y);
  const int near = std::min(ax, ay);
  const int far = std::max(ax, ay);
  const int square_of_distance = x * x + y * y;
  const int band = 2 * r / 5 + 1;  // stripes and checks: five bands across
  const int column = (x + r) / band;
  const int row = (y + r) / band;
  switch (shape) {
    case circle:
      return square_of_distance <= r * r;
    case square:
      return far * 8 <= r * 7;
    case triangle:
      return ay <= r && 2 * ax <= y + r;
    case cross:
      return far <= r && near * 3 <= r;
    case ring:
      return square_of_distance <= r * r && square_of_distance * 25 >= r * r * 9;
    case star:
      return far + 3 * near <= r + r / 4 && far <= r;
    case stripes_horizontal:
      return far <= r && row % 2 == 0;
    case stripes_vertical:
      return far <= r && column % 2 == 0;
    case diamond:
      return ax + ay <= r;
    default:
      return far <= r && (row + column) % 2 == 0;
  }
}

/// The content of one picture; lengths are in units.
struct Picture {
  int shape;
  int radius;
  int centre_x, centre_y;
  int shear_x, shear_y;  ///< in sixteenths
  int noise;             ///< each pixel moves by at most this
  std::array<int, 3> ink, ground;
  std::array<int, 3> slope;  ///< the ground's brightness from left to right
};

Picture choose_picture(Draws& draws, int shape, int side) {
  Picture p{};
  p.shape = shape;
  p.radius = draws.between(side * kUnits / 5, side * kUnits * 3 / 8);
  const int room = side * kUnits / 2 - p.radius + kUnits;
  p.centre_x = side * kUnits / 2 + draws.between(-room, room);
  p.centre_y = side * kUnits / 2 + draws.between(-room, room);
  p.shear_x = draws.between(-4, 4);
  p.shear_y = draws.between(-4, 4);
  p.noise = draws.between(10, 55);
  // One direction for all channels, so that the shape shows in grey as well.
  const int sign = draws.between(0, 1) == 0 ? -1 : 1;
  for (std::size_t c = 0; c < 3; ++c) {
    const int middle = draws.between(95, 160);
    const int contrast = sign * draws.between(18, 70);
    p.ink[c] = middle + contrast;
    p.ground[c] = middle - contrast;
    p.slope[c] = draws.between(-30, 30);
  }
  return p;
}

/// The number of a pixel's 4 points that lie in the shape.
int coverage(const Picture& p, int column, int row) {
  int covered = 0;
  for (int point = 0; point < 4; ++point) {
    const int x = column * kUnits + kUnits / 4 + point % 2 * kUnits / 2 - p.centre_x;
    const int y = row * kUnits + kUnits / 4 + point / 2 * kUnits / 2 - p.centre_y;
    covered += inside(p.shape, x + p.shear_x * y / 16, y + p.shear_y * x / 16, p.radius);
  }
  return covered;
}

void draw_image(DataSet& set, std::size_t index, std::uint32_t stream_index) {
  Draws draws(stream_index);
  const int shape = draws.between(0, kShapes - 1);
  const int side = set.width;
  const Picture p = choose_picture(draws, shape, side);
  set.labels[index] = static_cast<std::uint8_t>(shape);
  std::uint8_t* const pixels = set.images.data() + index * set.image_bytes();
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) {
      const int covered = coverage(p, column, row);
      for (int channel = 0; channel < set.channels; ++channel) {
        const auto c = static_cast<std::size_t>(channel);
        const int ground = p.ground[c] + p.slope[c] * (2 * column - side) / side;
        const int clean = (covered * p.ink[c] + (4 - covered) * ground) / 4;
        const int value = std::clamp(clean + draws.between(-p.noise, p.noise), 0, 255);
        pixels[(channel * side + row) * side + column] = static_cast<std::uint8_t>(value);
      }
    }
  }
}

DataSet draw_set(bool gray, std::size_t images, std::size_t first) {
  const int side = gray ? 28 : 32;
  DataSet set{.channels = gray ? 1 : 3, .height = side, .width = side, .images = {}, .labels = {}};
  set.images.resize(images * set.image_bytes());
  set.labels.resize(images);
#pragma omp parallel for
  for (std::size_t i = 0; i < images; ++i) {
    draw_image(set, i, static_cast<std::uint32_t>(first + i));
  }
  return set;
}

}  // namespace

Split draw_shapes(bool gray, std::size_t training_images, std::size_t test_images) {
  Split split;
  split.name = gray ? "shapes_gray" : "shapes";
  split.source = "the built-in generator";
  split.classes = {"circle", "square",    "triangle",  "cross",   "ring",
                   "star",   "h stripes", "v stripes", "diamond", "checks"};
  split.train = draw_set(gray, training_images, 0);
  split.test = draw_set(gray, test_images, training_images);
  return split;
}

}  // namespace castnet
