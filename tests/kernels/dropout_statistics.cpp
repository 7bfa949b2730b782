// Dropout's masks as random numbers: how much is dropped, what is kept, and that samples, epochs,
// seeds, operations and places are independent. Every bound is five standard deviations.
#include "../catch.hpp"
#include "batch.hpp"
#include "kernels/cpu/dropout.hpp"
#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;

constexpr int kBatch = 64;
constexpr double kDeviations = 5;

/// Whether each independent place of each image is dropped, [N][places]: an element, or a channel.
template <DropoutShape S>
struct Mask {
  static constexpr int kPixels = S.height * S.width;
  static constexpr int kRun = S.per_channel ? kPixels : 1;
  static constexpr int kPlaces = S.channels * kPixels / kRun;
  std::vector<bool> dropped;

  /// Of images with the samples first, first + 1, ...; checks that a place's elements are all
  /// dropped or all scaled.
  explicit Mask(std::uint32_t first, std::uint32_t epoch = 0, std::uint64_t seed = 1) {
    constexpr Extent kExtent{S.channels, S.height, S.width};
    std::vector<std::uint32_t> samples(kBatch);
    for (int i = 0; i < kBatch; ++i) samples[std::size_t(i)] = first + std::uint32_t(i);
    std::vector<float> y(std::size_t(blocks(kBatch)) * kExtent.block(), 3.0F);
    batch::dropout_forward<S>(Mode::train, seed, epoch, samples.data(), y.data(), y.data());
    int wrong = 0;
    for (int image = 0; image < kBatch; ++image) {
      for (int e = 0; e < kPlaces * kRun; ++e) {
        const float value = y[element_offset(kExtent, image, 0, 0, e)];
        if (e % kRun == 0) dropped.push_back(value == 0);
        wrong += value != (dropped.back() ? 0.0F : 3.0F * float(1 / (1 - S.rate)));
      }
    }
    CHECK(wrong == 0);
  }
  bool at(int image, int place) const {
    return dropped[std::size_t(image) * kPlaces + std::size_t(place)];
  }
};

/// Checks that `count` of `n` is what the probability gives.
void check_share(const char* what, double count, double n, double probability) {
  INFO(what << ": " << count << " of " << n << ", expected " << n * probability);
  CHECK(std::abs(count - n * probability) <=
        kDeviations * std::sqrt(n * probability * (1 - probability)));
}

/// Checks that both of two masks drop a place as often as independent ones do.
template <DropoutShape S, DropoutShape Other>
void check_independent(const char* what, const Mask<S>& a, const Mask<Other>& b) {
  double both = 0;
  for (std::size_t i = 0; i < a.dropped.size(); ++i) both += a.dropped[i] && b.dropped[i];
  check_share(what, both, double(a.dropped.size()), S.rate * Other.rate);
}

/// Pairs of places at a distance within an image, and of images at a distance within the batch.
template <DropoutShape S>
void check_neighbours(const Mask<S>& mask) {
  for (const int gap : {1, 2, 3, 4, 8, S.width}) {
    if (gap >= mask.kPlaces) continue;
    double both = 0, pairs = 0;
    for (int image = 0; image < kBatch; ++image) {
      // Pairs that do not overlap, so that they are independent of one another.
      for (int place = 0; place + gap < mask.kPlaces; place += 2 * gap) {
        both += mask.at(image, place) && mask.at(image, place + gap);
        ++pairs;
      }
    }
    check_share("places", both, pairs, S.rate * S.rate);
  }
  for (const int gap : {1, 16, 32}) {
    double both = 0, pairs = 0;
    for (int image = 0; image + gap < kBatch; ++image) {
      if (image / gap % 2 != 0) continue;
      for (int place = 0; place < mask.kPlaces; ++place) {
        both += mask.at(image, place) && mask.at(image + gap, place);
        ++pairs;
      }
    }
    check_share("images", both, pairs, S.rate * S.rate);
  }
}

template <DropoutShape S>
void check_dropout() {
  INFO((S.per_channel ? "channel" : "element") << " dropout " << S.rate);
  const Mask<S> mask(1000);
  const auto n = double(mask.dropped.size());
  check_share("dropped", double(std::ranges::count(mask.dropped, true)), n, S.rate);
  check_neighbours(mask);

  constexpr auto kOther = [] {
    DropoutShape other = S;
    other.index += 1;
    return other;
  }();
  check_independent("samples", mask, Mask<S>(1000 + kBatch));
  check_independent("epochs", mask, Mask<S>(1000, 1));
  check_independent("seeds", mask, Mask<S>(1000, 0, 2));
  check_independent("high words of seeds", mask, Mask<S>(1000, 0, 1 + (std::uint64_t{1} << 32)));
  check_independent("operations", mask, Mask<kOther>(1000));
}

// DropoutShape: batch, channels, height, width, rate, per channel, index.
TEST_CASE("dropout of elements: rate, scale and independence", "[kernels][dropout]") {
  check_dropout<DropoutShape{kBatch, 8, 12, 10, 0.1, false, 0}>();
  check_dropout<DropoutShape{kBatch, 7, 11, 9, 0.5, false, 3}>();
  check_dropout<DropoutShape{kBatch, 4, 8, 8, 0.9, false, 1}>();
}

TEST_CASE("dropout of channels: rate, scale and independence", "[kernels][dropout]") {
  check_dropout<DropoutShape{kBatch, 126, 3, 2, 0.2, true, 0}>();
  check_dropout<DropoutShape{kBatch, 64, 2, 2, 0.5, true, 2}>();
}

TEST_CASE("every place is dropped as often, over many epochs", "[kernels][dropout]") {
  constexpr DropoutShape kShape{kBatch, 2, 3, 3, 0.25, false, 0};
  constexpr int kEpochs = 100;
  std::vector<double> places(Mask<kShape>::kPlaces), images(kBatch);
  for (std::uint32_t epoch = 0; epoch < kEpochs; ++epoch) {
    const Mask<kShape> mask(0, epoch);
    for (int image = 0; image < kBatch; ++image) {
      for (int place = 0; place < Mask<kShape>::kPlaces; ++place) {
        places[std::size_t(place)] += mask.at(image, place);
        images[std::size_t(image)] += mask.at(image, place);
      }
    }
  }
  for (const double count : places) check_share("place", count, kEpochs * kBatch, kShape.rate);
  for (const double count : images) {
    check_share("image", count, kEpochs * Mask<kShape>::kPlaces, kShape.rate);
  }
}

}  // namespace
