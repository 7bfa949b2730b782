// The compile-time shapes that kernels take as template parameters.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace castnet {

/// Images that lie side by side in memory; a batch is a multiple of it.
inline constexpr int kLanes = 16;

enum class Act { none, relu, gelu, silu, leaky_relu, sigmoid };

struct ConvShape {
  int batch;
  int in_channels, in_height, in_width;
  int out_channels;
  int kernel;
  int stride = 1;
  int padding = 0;
  int dilation = 1;
  int groups = 1;
  bool bias = false;
  Act act = Act::none;  ///< applied to the sums: by conv_activation_forward, on the CPU
  double slope = 0.01;
  constexpr int out_height() const {
    return (in_height + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
  }
  constexpr int out_width() const {
    return (in_width + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
  }
  constexpr std::size_t weights() const {
    return std::size_t(out_channels) * std::size_t(in_channels / groups) *
           std::size_t(kernel * kernel);
  }
  /// Elements of scratch that the CUDA target's gradient of the bias needs: partial sums.
  constexpr std::size_t bias_scratch() const {
    return std::size_t(batch / kLanes) * std::size_t(out_channels);
  }
  /// Elements of scratch that the CUDA target's gradient of the weights needs: partial sums.
  constexpr std::size_t filter_scratch() const {
    return std::size_t(batch / kLanes) * (weights() + std::size_t(out_channels));
  }
};

struct ActShape {
  int batch, channels, height, width;
  Act act;
  double slope = 0.01;
};

/// One slope for each channel, or one for all: `slopes` is `channels` or 1.
struct PReluShape {
  int batch, channels, height, width;
  int slopes;
  /// Elements of scratch that the CUDA target's gradient of the slopes needs: partial sums.
  constexpr std::size_t scratch() const {
    return std::size_t(batch / kLanes) * std::size_t(channels);
  }
};

/// batch: statistics over images and pixels of a channel. group: over pixels and the channels of a
/// group of one image (layer norm: groups = 1; instance norm: groups = channels).
enum class NormStatistics { batch, group };
enum class NormAffine { none, channel, element };

struct NormShape {
  int batch, channels, height, width;
  NormStatistics statistics;
  int groups = 1;
  NormAffine affine = NormAffine::channel;
  double epsilon = 1e-5;
  double momentum = 0.1;
  Act act = Act::none;  ///< applied after the affine map
  double slope = 0.01;
  constexpr std::size_t affine_elements() const {
    return affine == NormAffine::none      ? 0
           : affine == NormAffine::channel ? std::size_t(channels)
                                           : std::size_t(channels) * std::size_t(height * width);
  }
  /// Elements kept from forward for backward: mean and 1/std, per channel (batch) or per
  /// image and group.
  constexpr std::size_t saved() const {
    return 2 * std::size_t(statistics == NormStatistics::batch ? channels : batch * groups);
  }
  /// Elements of scratch that the CUDA target needs in either direction: partial sums.
  constexpr std::size_t scratch() const {
    const std::size_t affine_sums = 2 * affine_elements();
    const std::size_t batch_sums = 2 * std::size_t(channels);
    return std::size_t(batch / kLanes) * (affine_sums > batch_sums ? affine_sums : batch_sums);
  }
};

/// Statistics over the channels of each pixel; the affine map is by channel.
struct ChannelNormShape {
  int batch, channels, height, width;
  bool affine = true;
  double epsilon = 1e-6;
  constexpr std::size_t affine_elements() const { return affine ? std::size_t(channels) : 0; }
  /// Elements kept from forward for backward: mean and 1/std of each pixel of each image.
  constexpr std::size_t saved() const {
    return 2 * std::size_t(batch) * std::size_t(height) * std::size_t(width);
  }
  /// Elements of scratch that the CUDA target's gradients of the affine map need: partial sums.
  constexpr std::size_t scratch() const {
    return std::size_t(batch / kLanes) * 2 * affine_elements();
  }
};

struct DropoutShape {
  int batch, channels, height, width;
  double rate;
  bool per_channel = false;
  int index;  ///< which dropout operation of the network, from 0: its random stream
  /// uniform(word) < rate as a comparison of 24-bit integers: n < r where n < ceil(r).
  constexpr std::uint32_t drop_below() const {
    const double scaled = rate * 0x1p24;
    const auto floor = static_cast<std::uint32_t>(scaled);
    return double(floor) < scaled ? floor + 1 : floor;
  }
};

/// The part of a pooling window that lies in the image.
struct PoolWindow {
  int top, bottom, left, right;
};

struct PoolShape {
  int batch, channels, in_height, in_width;
  int kernel, stride;
  int padding = 0;
  bool average = false;
  constexpr int out_height() const { return (in_height + 2 * padding - kernel) / stride + 1; }
  constexpr int out_width() const { return (in_width + 2 * padding - kernel) / stride + 1; }
  constexpr PoolWindow window(int out_row, int out_column) const {
    const int row = out_row * stride - padding;
    const int column = out_column * stride - padding;
    return {std::max(row, 0), std::min(row + kernel, in_height), std::max(column, 0),
            std::min(column + kernel, in_width)};
  }
};

struct LinearShape {
  int batch, in_features, out_features;
  bool bias = true;
  constexpr std::size_t weights() const {
    return std::size_t(in_features) * std::size_t(out_features);
  }
  constexpr std::size_t scratch() const {
    return std::size_t(batch / kLanes) * (weights() + std::size_t(out_features));
  }
};

/// All that an operation without attributes needs to know: its input.
struct MapShape {
  int batch, channels, height, width;
};

/// A MapShape as a type, for sums without an operation of their own in the graph: of gradients.
template <int Batch, int Channels, int Height, int Width>
struct SumShape {
  static constexpr MapShape value{Batch, Channels, Height, Width};
};

struct LossShape {
  int batch, classes;
};

}  // namespace castnet
