// From a data set's bytes to a network's input and targets: the steps of ImageAugmenter with its
// own functions, a block an image.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "core/program.hpp"
#include "core/targets.hpp"
#include "data/colours.hpp"
#include "data/draws.hpp"
#include "data/geometry.hpp"
#include "data/pixels.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/reduce.hpp"
#include "kernels/cuda/step.hpp"

namespace castnet::cuda {

/// A data set on the device: images [size][channels][height][width], labels [size].
struct DeviceDataSet {
  const std::uint8_t* images;
  const std::uint8_t* labels;
  std::uint32_t size;
};

/// What all images of a program have in common. Pointers are the device's.
struct Augmentation {
  AugmentRecipe recipe;
  ImageShape shape;
  int batch;
  int classes;
  double smoothing;
  const Channel* channels;  ///< [shape.channels]
  Real* pictures;  ///< [batch][elements], for colour jitter and mixup; null if there is neither
  Real* share;     ///< [1] mixup's; null if there is none
};

/// Where a batch goes: images [batch][elements], targets [batch][classes], samples [batch].
template <class T>
struct AugmentedBatch {
  T* images;
  Real* targets;
  std::uint32_t* samples;
};

namespace detail {

/// Room for a T in shared memory, where nothing has a constructor.
template <class T>
struct Room {
  alignas(T) unsigned char bytes[sizeof(T)];
};

/// A T in `room` that the block's first thread makes and all read.
template <class T, class Make>
__device__ const T& shared_by_block(Room<T>& room, Make make) {
  if (threadIdx.x == 0) new (room.bytes) T(make());
  __syncthreads();
  return *reinterpret_cast<const T*>(room.bytes);
}

/// function(p, y, x) for this thread's pixels; neighbours take neighbours.
template <class Function>
__device__ void each_pixel(ImageShape shape, Function function) {
  const int plane = shape.height * shape.width;
  for (int p = int(threadIdx.x); p < plane; p += int(blockDim.x)) {
    function(p, p / shape.width, p % shape.width);
  }
}

/// One image: what is done to it, its bytes, and where it is made.
struct Task {
  const Augmentation& all;
  const AugmentDraw& draw;
  const std::uint8_t* bytes;

  __device__ const std::uint8_t* plane(int c) const { return bytes + c * pixels(); }
  __device__ int pixels() const { return all.shape.height * all.shape.width; }
};

/// Crop and flip. out(c, p, y, x, value) takes each value, by `levels`.
template <class Out>
__device__ void crop_image(const Task& task, Levels Channel::*levels, Out out) {
  const Augmentation& all = task.all;
  each_pixel(all.shape, [&](int p, int y, int x) {
    const int row = source_row(all.recipe, all.shape, task.draw.top, y);
    const int column = source_column(all.recipe, all.shape, task.draw.left, task.draw.flip, x);
    for (int c = 0; c < all.shape.channels; ++c) {
      const Channel& channel = all.channels[c];
      const Real level =
          channel.at(task.plane(c), all.shape.width, row, column, all.recipe.crop_border);
      out(c, p, y, x, (channel.*levels).of(level));
    }
  });
}

/// All of the geometry, likewise.
template <class Out>
__device__ void resample_image(const Task& task, const Geometry& geometry, Levels Channel::*levels,
                               Out out) {
  const Augmentation& all = task.all;
  each_pixel(all.shape, [&](int p, int y, int x) {
    const int row = source_row(all.recipe, all.shape, task.draw.top, y);
    const int column = source_column(all.recipe, all.shape, task.draw.left, task.draw.flip, x);
    const Sampled sampled(geometry, geometry.row(row), geometry.column(column));
    for (int c = 0; c < all.shape.channels; ++c) {
      const Channel& channel = all.channels[c];
      const Real level = sampled.level(geometry, channel, task.plane(c));
      out(c, p, y, x, (channel.*levels).of(level));
    }
  });
}

/// The mean of the grey image, in a fixed tree; the CPU adds up in another order, in double too.
__device__ inline Real grey_mean(ImageShape shape, const Real* picture) {
  const int plane = shape.height * shape.width;
  double sum[1] = {};
  each_pixel(shape, [&](int p, int, int) {
    if (shape.channels == 3) {
      sum[0] += double(colours::grey({picture[p], picture[plane + p], picture[2 * plane + p]}));
    } else {
      for (int c = 0; c < shape.channels; ++c) sum[0] += double(picture[c * plane + p]);
    }
  });
  block_sum<kThreads>(sum);
  return Real(sum[0] / double(shape.channels == 3 ? plane : shape.channels * plane));
}

/// As jitter_colours. Each thread changes the pixels that each_pixel gives to it.
__device__ inline void jitter_picture(const AugmentDraw::ColourJitter& draw, ImageShape shape,
                                      Real* picture) {
  const int plane = shape.height * shape.width;
  const auto each_value = [&](auto function) {
    each_pixel(shape, [&](int p, int, int) {
      for (int c = 0; c < shape.channels; ++c) {
        picture[c * plane + p] = function(picture[c * plane + p]);
      }
    });
  };
  if (draw.brightness != 1) {
    each_value([&](Real value) { return colours::brighten(Real(draw.brightness), value); });
  }
  if (draw.contrast != 1) {
    const Real mean = grey_mean(shape, picture);
    each_value([&](Real value) { return colours::blend(Real(draw.contrast), value, mean); });
  }
  if (shape.channels != 3) return;
  each_pixel(shape, [&](int p, int, int) {
    colours::Colour pixel{picture[p], picture[plane + p], picture[2 * plane + p]};
    if (draw.saturation != 1) pixel = colours::saturate(Real(draw.saturation), pixel);
    if (draw.hue != 0) pixel = colours::turn_hue(Real(6 * draw.hue), pixel);
    picture[p] = pixel.red;
    picture[plane + p] = pixel.green;
    picture[2 * plane + p] = pixel.blue;
  });
}

/// The geometry, whatever it is. out(c, p, y, x, value) takes each value, by `levels`.
template <class Out>
__device__ void place_image(const Task& task, Levels Channel::*levels, Out out) {
  if (!resamples(task.draw)) return crop_image(task, levels, out);
  __shared__ Room<Geometry> room;
  resample_image(
      task,
      shared_by_block(room, [&] { return Geometry(task.all.recipe, task.draw, task.all.shape); }),
      levels, out);
}

/// Geometry, colour jitter in `picture`, normalisation.
template <class Out>
__device__ void full_image(const Task& task, Real* picture, Out out) {
  if (!task.draw.colour_jitter) return place_image(task, &Channel::normalised, out);
  const int plane = task.pixels();
  place_image(task, &Channel::plain,
              [&](int c, int p, int, int, Real value) { picture[c * plane + p] = value; });
  jitter_picture(*task.draw.colour_jitter, task.all.shape, picture);
  each_pixel(task.all.shape, [&](int p, int y, int x) {
    for (int c = 0; c < task.all.shape.channels; ++c) {
      out(c, p, y, x, task.all.channels[c].normalise(picture[c * plane + p]));
    }
  });
}

/// One element of a target.
__device__ inline Real target(const Augmentation& all, double smoothing, int label, int k) {
  const TargetShares shares = target_shares(all.classes, smoothing);
  return k == label ? shares.label : shares.other;
}

/// Slot blockIdx.x of a batch: image `sample` as `draw` says, and its target.
template <bool Full, class T>
__device__ void fill_slot(const Augmentation& all, const DeviceDataSet& set, std::uint32_t sample,
                          const AugmentDraw& draw, double smoothing, AugmentedBatch<T> batch) {
  const std::size_t slot = blockIdx.x, elements = all.shape.elements();
  const Task task{all, draw, set.images + sample * elements};
  const Square cut = cut_square(all.recipe, draw, all.shape);
  T* const image = batch.images + slot * elements;
  const auto out = [&](int c, int p, int y, int x, Real value) {
    image[c * task.pixels() + p] = T(cut.holds(y, x) ? Real(0) : value);
  };
  if constexpr (Full) {
    full_image(task, all.pictures + slot * elements, out);
  } else {
    crop_image(task, &Channel::normalised, out);
  }
  for (int k = int(threadIdx.x); k < all.classes; k += int(blockDim.x)) {
    batch.targets[slot * std::size_t(all.classes) + std::size_t(k)] =
        target(all, smoothing, set.labels[sample], k);
  }
  if (threadIdx.x == 0) batch.samples[slot] = sample;
}

}  // namespace detail

/// `Full` is whether the recipe needs_whole_images.
template <bool Full, class T>
__global__ void augment_kernel(Augmentation all, DeviceDataSet set, const std::uint32_t* order,
                               const DeviceStep* step, AugmentedBatch<T> batch) {
  const std::uint32_t* samples = order + std::size_t(step->position) * std::size_t(all.batch);
  const draws::Source source{samples[blockIdx.x], step->epoch, step->seed};
  __shared__ detail::Room<AugmentDraw> room;
  const AugmentDraw& draw =
      detail::shared_by_block(room, [&] { return draws::augment(all.recipe, all.shape, source); });
  detail::fill_slot<Full>(all, set, source.sample, draw, all.smoothing, batch);
}

template <class T>
__global__ void plain_kernel(Augmentation all, DeviceDataSet set, const std::uint32_t* batch_index,
                             AugmentedBatch<T> batch) {
  const std::size_t image = std::size_t(*batch_index) * std::size_t(all.batch) + blockIdx.x;
  const auto sample = std::uint32_t(std::min(image, std::size_t(set.size) - 1));
  detail::fill_slot<false>(all, set, sample, draws::none(all.recipe), 0, batch);
}

/// One thread: mixup's share, for a batch whose samples are there.
template <class T>
__global__ void share_kernel(Augmentation all, const DeviceStep* step, AugmentedBatch<T> batch) {
  *all.share = Real(draws::mixup(all.recipe.mixup, {batch.samples[0], step->epoch, step->seed}));
}

/// Slot blockIdx.x from all.pictures; its partner is the next slot, the last one's the first.
template <class T>
__global__ void mix_kernel(Augmentation all, const std::uint8_t* labels, AugmentedBatch<T> batch) {
  const std::size_t slot = blockIdx.x, next = slot + 1 == std::size_t(all.batch) ? 0 : slot + 1;
  const std::size_t elements = all.shape.elements(), classes = std::size_t(all.classes);
  const Real share = *all.share;
  for (std::size_t i = threadIdx.x; i < elements; i += blockDim.x) {
    batch.images[slot * elements + i] =
        T(mixed(share, all.pictures[slot * elements + i], all.pictures[next * elements + i]));
  }
  const int own = labels[batch.samples[slot]], other = labels[batch.samples[next]];
  for (std::size_t k = threadIdx.x; k < classes; k += blockDim.x) {
    batch.targets[slot * classes + k] =
        mixed(share, detail::target(all, all.smoothing, own, int(k)),
              detail::target(all, all.smoothing, other, int(k)));
  }
}

namespace detail {

template <class T>
void augment_unmixed(cudaStream_t stream, const Augmentation& all, const DeviceDataSet& set,
                     const std::uint32_t* order, const DeviceStep* step, AugmentedBatch<T> batch) {
  const auto blocks = unsigned(all.batch);
  if (needs_whole_images(all.recipe)) {
    launch<augment_kernel<true, T>>(stream, blocks, kThreads, all, set, order, step, batch);
  } else {
    launch<augment_kernel<false, T>>(stream, blocks, kThreads, all, set, order, step, batch);
  }
}

}  // namespace detail

/// Training: slot i gets image order[step->position * batch + i] as Augmenter::fill does it, mixup
/// included. `order` and `step` are on the device.
template <class T>
void augment(cudaStream_t stream, const Augmentation& all, const DeviceDataSet& set,
             const std::uint32_t* order, const DeviceStep* step, AugmentedBatch<T> batch) {
  if (all.share == nullptr) return detail::augment_unmixed(stream, all, set, order, step, batch);
  detail::augment_unmixed<Real>(stream, all, set, order, step,
                                {all.pictures, batch.targets, batch.samples});
  launch<share_kernel<T>>(stream, 1, 1, all, step, batch);
  launch<mix_kernel<T>>(stream, unsigned(all.batch), kThreads, all, set.labels, batch);
}

/// Evaluation: slot i gets image *batch_index * batch + i unchanged; slots past the end repeat the
/// last image. `batch_index` is on the device.
template <class T>
void fill_plain(cudaStream_t stream, const Augmentation& all, const DeviceDataSet& set,
                const std::uint32_t* batch_index, AugmentedBatch<T> batch) {
  launch<plain_kernel<T>>(stream, unsigned(all.batch), kThreads, all, set, batch_index, batch);
}

}  // namespace castnet::cuda
