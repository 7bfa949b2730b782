// Dropout's masks inside of kernels. A block draws them together, so that the four words of a
// counter are drawn once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/philox.hpp"
#include "kernels/cuda/elements.hpp"
#include "kernels/cuda/reduce.hpp"
#include "kernels/cuda/step.hpp"

namespace castnet::cuda {

/// For an operation that no dropout follows, in the place of a type D with a DropoutShape `value`.
struct NoDropout {};

/// Whose masks: of `step`, and of the images with the indices `samples` [N] in the data set.
template <class D>
struct Masks {
  const DeviceStep* step;
  const std::uint32_t* samples;
};

template <>
struct Masks<NoDropout> {};

/// The factors, 0 or 1 / (1 - rate), of Count neighbouring elements in each of Images images.
template <class D, unsigned Images, unsigned Count>
class Mask {
 public:
  /// Of elements `first` and on (C, H, W order) of images `image` and on; what lies behind the end
  /// of an image has none. A block has one mask, and all of its threads make it.
  __device__ Mask(Masks<D> masks, unsigned image, unsigned first)
      : masks_(masks), image_(image), first_(first) {
    if constexpr (kHeld) {
      __shared__ unsigned char dropped[Images * kPlaces];
      const unsigned begin = place(0);
      const unsigned places = place(std::min(Count, kImage - first) - 1) + 1 - begin;
      for (unsigned i = threadIdx.x; i < Images * places; i += blockDim.x) {
        dropped[i / places * kPlaces + i % places] = draw(i / places, begin + i % places);
      }
      __syncthreads();
      dropped_ = dropped;
    }
  }

  /// Of element `first` + i of image `image` + n.
  __device__ float factor(unsigned n, unsigned i) const {
    unsigned char four = 0;
    if constexpr (kHeld) {
      four = dropped_[n * kPlaces + place(i) - place(0)];
    } else {
      four = draw(n, place(i));
    }
    return (four >> (word(i) % 4) & 1) != 0 ? 0 : kScale;
  }

 private:
  static constexpr DropoutShape kShape = D::value;
  static_assert(kShape.rate >= 0 && kShape.rate < 1);
  static constexpr unsigned kPixels = unsigned(kShape.height) * unsigned(kShape.width);
  static constexpr unsigned kImage = unsigned(kShape.channels) * kPixels;
  static constexpr unsigned kRun = kShape.per_channel ? kPixels : 1;  ///< elements a word
  static constexpr auto kScale = float(1.0 / (1.0 - kShape.rate));
  /// The most words, then counters, that Count neighbours can reach into.
  static constexpr unsigned kWords = (Count + kRun - 2) / kRun + 1;
  static constexpr unsigned kPlaces = (kWords + 2) / 4 + 1;
  /// Bytes of shared memory, for 16 images of 8,192 words. Beyond that each element draws its own.
  static constexpr std::size_t kMostHeld = 16 * (8192 / 4 + 1);
  static constexpr bool kHeld = std::size_t(Images) * kPlaces <= kMostHeld;

  __device__ unsigned word(unsigned i) const { return (first_ + i) / kRun; }
  __device__ unsigned place(unsigned i) const { return word(i) / 4; }

  /// Which of a counter's four words drop, a bit each.
  __device__ unsigned char draw(unsigned n, unsigned place) const {
    constexpr auto kStream =
        static_cast<std::uint32_t>(Stream::dropout) + std::uint32_t(kShape.index);
    constexpr auto kDropBelow = int(kShape.drop_below());
    const Philox4 words =
        philox({masks_.samples[image_ + n], masks_.step->epoch, place, kStream}, masks_.step->seed);
    unsigned four = 0;
    for (unsigned w = 0; w < 4; ++w) four |= unsigned(int(words[w] >> 8) < kDropBelow) << w;
    return static_cast<unsigned char>(four);
  }

  Masks<D> masks_;
  unsigned image_, first_;
  const unsigned char* dropped_ = nullptr;
};

template <unsigned Images, unsigned Count>
class Mask<NoDropout, Images, Count> {
 public:
  __device__ Mask(Masks<NoDropout>, unsigned, unsigned) {}
  __device__ float factor(unsigned, unsigned) const { return 1; }
};

/// Kernels with a thread for each element of S, a shape of activations, and the element's factor: a
/// block takes kChunk elements of one image.
template <class S, class D>
struct MaskedElements {
  static constexpr unsigned kImage = unsigned(elements(S::value) / std::size_t(S::value.batch));
  static constexpr unsigned kChunk = std::min(1024U, kImage);
  static constexpr unsigned kChunks = (kImage + kChunk - 1) / kChunk;
  static constexpr unsigned kGrid = unsigned(S::value.batch) * kChunks;
  static constexpr int kBlock =
      int(std::min(unsigned(kThreads), (kChunk + kWarp - 1) / kWarp * kWarp));
  static_assert(elements(S::value) == elements(D::value));

  /// function(i, factor) for this thread's share of all elements.
  template <class Function>
  static __device__ void each(Masks<D> masks, Function function) {
    using Index = IndexOf<elements(S::value)>;
    const unsigned image = blockIdx.x / kChunks;
    const unsigned first = blockIdx.x % kChunks * kChunk;
    const unsigned count = std::min(+kChunk, kImage - first);
    const Mask<D, 1, kChunk> mask(masks, image, first);
    const Index origin = Index(image) * kImage + first;
    for (unsigned i = threadIdx.x; i < count; i += kBlock) function(origin + i, mask.factor(0, i));
  }
};

template <class S>
struct MaskedElements<S, NoDropout> {
  static constexpr unsigned kGrid = grid_for(elements(S::value));
  static constexpr int kBlock = kThreads;

  template <class Function>
  static __device__ void each(Masks<NoDropout>, Function function) {
    each_element<elements(S::value)>([=](auto i) { function(i, 1.0F); });
  }
};

}  // namespace castnet::cuda
