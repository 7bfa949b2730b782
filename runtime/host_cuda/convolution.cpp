// Every convolution becomes multiply-adds of long contiguous rows: the padded image is split into
// one plane for each phase of the stride (the pixels whose rows are a, and whose columns are b,
// modulo the stride), and planes of several small images stand one after another. A tap of the
// filter then is one phase and one offset for all output pixels at once; what falls between the
// rows of the output is computed too, and left out.
#include "host_cuda/convolution.hpp"

#include <algorithm>
#include <vector>

namespace castnet::host_cuda {
namespace {

using Size = std::ptrdiff_t;

constexpr Size kRun = 1024;  // pixels that a row has if images are small

void multiply_add(Size n, float factor, const float* x, float* y) {
#pragma omp simd
  for (Size i = 0; i < n; ++i) y[i] += factor * x[i];
}

// In 16 interleaved sums: their order does not depend on the compiler's choice.
double dot(Size n, const float* x, const float* y) {
  constexpr Size kLanes = 16;
  float lanes[kLanes] = {};
  Size i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (Size j = 0; j < kLanes; ++j) lanes[j] += x[i + j] * y[i + j];
  }
  for (Size j = 0; i + j < n; ++j) lanes[j] += x[i + j] * y[i + j];
  double sum = 0;
  for (const float lane : lanes) sum += static_cast<double>(lane);
  return sum;
}

struct Layout {
  explicit Layout(const ConvolutionShape& shape)
      : s(shape),
        rows(std::max((s.h + 2 * s.pad_h + s.stride_h - 1) / s.stride_h, s.oh)),
        columns(std::max((s.w + 2 * s.pad_w + s.stride_w - 1) / s.stride_w, s.ow)),
        images(std::clamp<Size>(kRun / (rows * columns), 1, s.n)),
        run(images * rows * columns),
        plane(run + offset_in_plane(s.r - 1, s.s - 1)),
        channel(plane * s.stride_h * s.stride_w),
        blocks((s.n + images - 1) / images) {}

  Size offset_in_plane(int r, int c) const {
    return Size{r} * s.dilation_h / s.stride_h * columns + Size{c} * s.dilation_w / s.stride_w;
  }
  Size phase(Size row, Size column) const {
    return row % s.stride_h * s.stride_w + column % s.stride_w;
  }
  /// Of the tap (r, c) in a channel.
  Size offset(int r, int c) const {
    return phase(Size{r} * s.dilation_h, Size{c} * s.dilation_w) * plane + offset_in_plane(r, c);
  }
  Size taps() const { return Size{s.r} * s.s; }
  Size first(Size block) const { return block * images; }
  Size count(Size block) const { return std::min<Size>(images, s.n - first(block)); }

  /// Calls function(pixel's offset in the image's channel, its offset in the split channel).
  template <class Function>
  void each_pixel(Size image, Function function) const {
    for (Size y = 0; y < s.h; ++y) {
      const Size row = y + s.pad_h;
      for (Size x = 0; x < s.w; ++x) {
        const Size column = x + s.pad_w;
        function(y * s.w + x, phase(row, column) * plane + image * rows * columns +
                                  row / s.stride_h * columns + column / s.stride_w);
      }
    }
  }
  /// The same for rows of the output: function(offset, offset in a run).
  template <class Function>
  void each_output_row(Size image, Function function) const {
    for (Size y = 0; y < s.oh; ++y) function(y * s.ow, (image * rows + y) * columns);
  }

  ConvolutionShape s;
  Size rows, columns;  ///< of a phase's plane
  Size images;         ///< that stand one after another
  Size run;            ///< pixels of a phase's planes
  Size plane;          ///< the same, with space for the last tap
  Size channel;        ///< all phases
  Size blocks;         ///< of images
};

// to [channel] of one channel of a block of images.
void split(const Layout& at, const float* x, Size channels, Size channel, Size block, float* to) {
  std::fill_n(to, at.channel, 0.f);
  for (Size i = 0; i < at.count(block); ++i) {
    const float* from = x + ((at.first(block) + i) * channels + channel) * at.s.h * at.s.w;
    at.each_pixel(i, [&](Size pixel, Size place) { to[place] = from[pixel]; });
  }
}

void join(const Layout& at, const float* from, Size channels, Size channel, Size block, float* x) {
  for (Size i = 0; i < at.count(block); ++i) {
    float* to = x + ((at.first(block) + i) * channels + channel) * at.s.h * at.s.w;
    at.each_pixel(i, [&](Size pixel, Size place) { to[pixel] = from[place]; });
  }
}

// to [run] of one channel of dy: zero between its rows.
void spread(const Layout& at, const float* dy, Size channels, Size channel, Size block, float* to) {
  std::fill_n(to, at.run, 0.f);
  for (Size i = 0; i < at.count(block); ++i) {
    const float* from = dy + ((at.first(block) + i) * channels + channel) * at.s.oh * at.s.ow;
    at.each_output_row(i,
                       [&](Size row, Size place) { std::copy_n(from + row, at.s.ow, to + place); });
  }
}

void gather(const Layout& at, const float* from, Size channels, Size channel, Size block,
            float* y) {
  for (Size i = 0; i < at.count(block); ++i) {
    float* to = y + ((at.first(block) + i) * channels + channel) * at.s.oh * at.s.ow;
    at.each_output_row(i,
                       [&](Size row, Size place) { std::copy_n(from + place, at.s.ow, to + row); });
  }
}

// Calls function(tap, its offset) for every tap of the filter.
template <class Function>
void each_tap(const Layout& at, Function function) {
  for (int r = 0; r < at.s.r; ++r) {
    for (int c = 0; c < at.s.s; ++c) function(Size{r} * at.s.s + c, at.offset(r, c));
  }
}

std::vector<float> floats(Size n) { return std::vector<float>(static_cast<std::size_t>(n)); }

}  // namespace

void convolve(const ConvolutionShape& shape, const float* x, const float* filter, float* y,
              int turn) {
  const Layout at(shape);
#pragma omp parallel
  {
    std::vector<float> in = floats(at.channel * shape.c), sum = floats(at.run);
#pragma omp for collapse(2) schedule(static)
    for (Size block = 0; block < at.blocks; ++block) {
      for (Size g = 0; g < shape.groups; ++g) {
        for (Size c = 0; c < shape.c; ++c)
          split(at, x, Size{shape.groups} * shape.c, g * shape.c + c, block,
                in.data() + c * at.channel);
        for (Size k = g * shape.k; k < (g + 1) * shape.k; ++k) {
          std::fill(sum.begin(), sum.end(), 0.f);
          for (Size i = 0; i < shape.c; ++i) {
            const Size c = (i + turn) % shape.c;
            each_tap(at, [&](Size tap, Size offset) {
              multiply_add(at.run, filter[(k * shape.c + c) * at.taps() + tap],
                           in.data() + c * at.channel + offset, sum.data());
            });
          }
          gather(at, sum.data(), Size{shape.groups} * shape.k, k, block, y);
        }
      }
    }
  }
}

void convolve_data(const ConvolutionShape& shape, const float* filter, const float* dy, float* dx,
                   int turn) {
  const Layout at(shape);
#pragma omp parallel
  {
    std::vector<float> out = floats(at.run * shape.k), sum = floats(at.channel);
#pragma omp for collapse(2) schedule(static)
    for (Size block = 0; block < at.blocks; ++block) {
      for (Size g = 0; g < shape.groups; ++g) {
        for (Size k = 0; k < shape.k; ++k)
          spread(at, dy, Size{shape.groups} * shape.k, g * shape.k + k, block,
                 out.data() + k * at.run);
        for (Size c = 0; c < shape.c; ++c) {
          std::fill(sum.begin(), sum.end(), 0.f);
          for (Size i = 0; i < shape.k; ++i) {
            const Size k = (i + turn) % shape.k;
            each_tap(at, [&](Size tap, Size offset) {
              multiply_add(at.run, filter[((g * shape.k + k) * shape.c + c) * at.taps() + tap],
                           out.data() + k * at.run, sum.data() + offset);
            });
          }
          join(at, sum.data(), Size{shape.groups} * shape.c, g * shape.c + c, block, dx);
        }
      }
    }
  }
}

namespace {
template <class Sum>
void convolve_filter_in(const ConvolutionShape& shape, const float* x, const float* dy,
                        float* d_filter, int turn) {
  const Layout at(shape);
  const Size inputs = Size{shape.groups} * shape.c, outputs = Size{shape.groups} * shape.k;
  std::vector<float> in = floats(at.channel * inputs);
  std::vector<Sum> sums(static_cast<std::size_t>(outputs * shape.c * at.taps()));
#pragma omp parallel
  {
    std::vector<float> out = floats(at.run);
    for (Size i = 0; i < at.blocks; ++i) {
      const Size block = (i + turn) % at.blocks;
#pragma omp for schedule(static)
      for (Size c = 0; c < inputs; ++c) split(at, x, inputs, c, block, in.data() + c * at.channel);
#pragma omp for schedule(static)
      for (Size k = 0; k < outputs; ++k) {
        spread(at, dy, outputs, k, block, out.data());
        for (Size c = 0; c < shape.c; ++c) {
          const float* channel = in.data() + (k / shape.k * shape.c + c) * at.channel;
          Sum* sum = sums.data() + (k * shape.c + c) * at.taps();
          each_tap(at, [&](Size tap, Size offset) {
            sum[tap] += static_cast<Sum>(dot(at.run, out.data(), channel + offset));
          });
        }
      }
    }
  }
  std::transform(sums.begin(), sums.end(), d_filter,
                 [](Sum sum) { return static_cast<float>(sum); });
}

}  // namespace

void convolve_filter(const ConvolutionShape& shape, const float* x, const float* dy,
                     float* d_filter, int turn) {
  // In double the order would hardly show.
  const auto compute = turn == 0 ? convolve_filter_in<double> : convolve_filter_in<float>;
  compute(shape, x, dy, d_filter, turn);
}

}  // namespace castnet::host_cuda
