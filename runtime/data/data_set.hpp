// Data sets: labelled images as bytes, and their sources.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/program.hpp"

namespace castnet {

/// A missing or damaged data set. The message names the file and the byte, and says what to do.
class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  /// `FILE: byte OFFSET: PROBLEM`
  DataError(const std::filesystem::path& file, std::uint64_t offset, std::string_view problem);
};

/// The dimensions of an image's [channels][height][width] values.
struct ImageShape {
  int channels = 0;
  int height = 0;
  int width = 0;

  constexpr std::size_t elements() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
           static_cast<std::size_t>(width);
  }
};

/// Labelled images of one shape.
struct DataSet {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> images;  ///< [size][channels][height][width]
  std::vector<std::uint8_t> labels;  ///< [size], each below the number of classes

  std::size_t size() const { return labels.size(); }
  std::size_t image_bytes() const { return ImageShape{channels, height, width}.elements(); }
  std::span<const std::uint8_t> image(std::size_t index) const {
    return std::span(images).subspan(index * image_bytes(), image_bytes());
  }
};

/// These images of a set, in this order; each below its size.
template <std::unsigned_integral Index>
DataSet selection(const DataSet& from, std::span<const Index> places) {
  DataSet taken{from.channels, from.height, from.width, {}, {}};
  taken.images.reserve(places.size() * from.image_bytes());
  taken.labels.reserve(places.size());
  for (const Index place : places) {
    const auto image = from.image(place);
    taken.images.insert(taken.images.end(), image.begin(), image.end());
    taken.labels.push_back(from.labels[place]);
  }
  return taken;
}

/// A data set's two halves.
struct Split {
  std::string name;    ///< its name in a spec's `data`
  std::string source;  ///< the folder that it was read from, or "the built-in generator"
  std::vector<std::string> classes;
  DataSet train;
  DataSet test;
  bool held_out = false;  ///< `test` holds training images that were held out (hold_out())
  /// SHA-256 over the four digests (in hexadecimal, one after another) of the training images,
  /// training labels, test images and test labels.
  std::string sha256;
  std::vector<std::string> notes = {};  ///< files that were passed over, one line for each kind
};

/// The name of the images that a network is evaluated on: "test" or "held-out".
std::string_view evaluated_word(const Split& split);

/// The program's data set, by `info.data_set`: "cifar10", "cifar100", "mnist", "fashion_mnist",
/// "kmnist", "shapes", "shapes_gray", or "image_folder" in `info.folder`, whose images become the
/// program's shape. Files are looked for below `root` if given, else below the environment's
/// CASTNET_DATA, else below ./data. With `info.hold_out`, as `hold_out` leaves it. Throws
/// DataError.
Split load_data(const ProgramInfo& info, const std::optional<std::filesystem::path>& root);

/// The binary version of CIFAR-10: data_batch_1.bin … data_batch_5.bin and test_batch.bin in
/// `folder`, each of `records` records (a label byte, then 3×32×32 bytes). Format:
/// https://www.cs.toronto.edu/~kriz/cifar.html. Throws DataError. The result has no sha256 yet.
Split read_cifar10(const std::filesystem::path& folder, std::size_t records = 10000);

/// The binary version of CIFAR-100: train.bin and test.bin in `folder`, of records of a coarse and
/// a fine label byte, then 3×32×32 bytes. The classes are the 100 fine ones, named by
/// fine_label_names.txt beside the files if it is there. Throws DataError. No sha256 yet.
Split read_cifar100(const std::filesystem::path& folder, std::size_t training_images = 50000,
                    std::size_t test_images = 10000);

/// MNIST: train-images, train-labels, t10k-images and t10k-labels, named as idx_names() has it.
/// Format: https://yann.lecun.com/exdb/mnist. Throws DataError. The result has no sha256 yet.
Split read_mnist(const std::filesystem::path& folder);

/// Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747), in files as MNIST's.
Split read_fashion_mnist(const std::filesystem::path& folder);

/// Kuzushiji-MNIST (T. Clanuwat et al., arXiv:1812.01718), in files as MNIST's.
Split read_kmnist(const std::filesystem::path& folder);

/// PNG files folder/train/CLASS/*.png and folder/test/CLASS/*.png, in any case of the letters. The
/// classes are train's folders in the order of their names (by bytes), the images in that of
/// theirs; what else is there is passed over, and told in the split's notes. Each image becomes
/// `shape`, which has 1 or 3 channels:
///
/// - Transparent parts show black behind them.
/// - Unless it has the size already, the largest centred part of the shape's aspect ratio is scaled
///   to it, by Cairo's best filter.
/// - One channel is luma: 0.299 R + 0.587 G + 0.114 B, rounded.
///
/// Throws DataError: without images, with a damaged file or one of more than kMostPixels, a test
/// class that is not trained, more than 256 classes, 10,000 entries beside them or a million in
/// one, or too little memory for the images. No sha256 yet.
Split read_image_folder(const std::filesystem::path& folder, ImageShape shape);

/// Ten drawn shapes at 3×32×32 (`gray`: 1×28×28); 10,000 training and 2,000 test images by default.
/// Integer arithmetic and Philox only: the same bytes on every machine. No sha256 yet.
Split draw_shapes(bool gray, std::size_t training_images = 10000, std::size_t test_images = 2000);

/// Moves `images` of the training images, the same ones in every run, to the place of the test
/// images. Settings can then be chosen without the test images. Both parts keep the data set's
/// order. Throws DataError if no training image would be left.
void hold_out(Split& split, std::size_t images);

/// Fills in `split.sha256`.
void hash_split(Split& split);

}  // namespace castnet
