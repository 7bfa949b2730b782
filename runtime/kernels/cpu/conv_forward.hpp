// Convolution, forward. A tile of output channels and pixels stays in registers while the loops run
// over input channels and taps.
#pragma once

#include <cstddef>

#include "core/workspace.hpp"
#include "kernels/cpu/activation_function.hpp"
#include "kernels/cpu/conv_panel.hpp"
#include "kernels/cpu/conv_winograd.hpp"
#include "kernels/cpu/register_tile.hpp"

namespace castnet::cpu {

namespace detail {

/// What the tiles of one output row share.
template <class T>
struct RowWork {
  const T* panel;   ///< channel 0, the row of the first tap, padded column 0
  const T* weight;  ///< packed, of the tile, channel 0 of the panel, first tap
  const T* bias;    ///< of the tile's first output channel, or nullptr
  T* y;             ///< the row of the tile's first output channel
  int channels;     ///< in the panel
  int taps;         ///< rows of taps inside of the image
  bool resume;      ///< y holds the sum over earlier channels
  bool last;        ///< no channels follow: S.act is applied
};

/// Accumulators of Channels x Pixels, the panel's channels and taps added.
template <ConvShape S, int Channels, int Pixels, std::size_t ChannelStride, std::size_t RowStride,
          class T>
[[gnu::always_inline]] inline void conv_tile(const RowWork<T>& work, const T* panel, T* y) {
  constexpr std::size_t kPlane = std::size_t(S.out_height() * S.out_width()) * kLanes;
  Vec<T> sums[Channels][Pixels];
#pragma GCC unroll 8
  for (int o = 0; o < Channels; ++o) {
#pragma GCC unroll 32
    for (int p = 0; p < Pixels; ++p) {
      sums[o][p] = work.resume ? load(y + std::size_t(o) * kPlane + std::size_t(p) * kLanes)
                               : splat(work.bias != nullptr ? work.bias[o] : T(0));
    }
  }
  const T* filter = work.weight;
  for (int c = 0; c < work.channels; ++c) {
    const T* row = panel;
    const T* taps = filter;
    for (int tap = 0; tap < work.taps; ++tap) {
#pragma GCC unroll 16
      for (int kx = 0; kx < S.kernel; ++kx) {
        Vec<T> pixel[Pixels];
#pragma GCC unroll 32
        for (int p = 0; p < Pixels; ++p) {
          pixel[p] = load(row + (p * S.stride + kx * S.dilation) * kLanes);
          // Measured: larger kernels gain nothing by it.
          if constexpr (S.kernel == 1) hold<T>(pixel[p]);
        }
#pragma GCC unroll 8
        for (int o = 0; o < Channels; ++o) {
          const Vec<T> factor = splat(taps[kx * kTileChannels + o]);
#pragma GCC unroll 32
          for (int p = 0; p < Pixels; ++p) sums[o][p] += factor * pixel[p];
        }
      }
      row += std::size_t(S.dilation) * RowStride;
      taps += S.kernel * kTileChannels;
    }
    panel += ChannelStride;
    filter += S.kernel * S.kernel * kTileChannels;
  }
#pragma GCC unroll 8
  for (int o = 0; o < Channels; ++o) {
#pragma GCC unroll 32
    for (int p = 0; p < Pixels; ++p) {
      Vec<T> value = sums[o][p];
      if (S.act != Act::none && work.last) value = activate<S.act>(value, T(S.slope));
      store(y + std::size_t(o) * kPlane + std::size_t(p) * kLanes, value);
    }
  }
}

/// `Width` pixels of an output row of Channels output channels. A function of its own: code stays
/// small.
template <ConvShape S, int Channels, std::size_t ChannelStride, std::size_t RowStride,
          int Width = S.out_width(), class T>
[[gnu::noinline]] void conv_row(const RowWork<T>& work) {
  constexpr RowSplit kSplit = split_row(Width, Channels);
  constexpr int kStep = S.stride * kLanes;
  for (int part = 0; part < kParts<T>; ++part) {
    const T* panel = work.panel + part * kWidth<T>;
    T* y = work.y + part * kWidth<T>;
    for (int i = 0; i < kSplit.many; ++i) {
      conv_tile<S, Channels, kSplit.wide, ChannelStride, RowStride>(work, panel, y);
      panel += kSplit.wide * kStep;
      y += kSplit.wide * kLanes;
    }
    if constexpr (kSplit.few > 0 && kSplit.narrow > 0) {
      for (int i = 0; i < kSplit.few; ++i) {
        conv_tile<S, Channels, kSplit.narrow, ChannelStride, RowStride>(work, panel, y);
        panel += kSplit.narrow * kStep;
        y += kSplit.narrow * kLanes;
      }
    }
  }
}

/// Output rows of a panel: few, so that the panel stays in the second-level cache.
template <ConvShape S>
inline constexpr int kForwardRows = S.out_height() < 2 ? 1 : 2;

/// Adds a filled panel of `count` input channels from `channel` to every output channel of a group.
template <ConvShape S, class Panel, class T, class Measure>
void conv_panel_rows(const Panel& panel, const T* packed, const T* bias, T* y, int group,
                     int channel, int count, int out_row, const Measure& measure) {
  constexpr int kOutputs = S.out_channels / S.groups;
  constexpr Extent kOutput{S.out_channels, S.out_height(), S.out_width()};
  const int rows = std::min(kForwardRows<S>, S.out_height() - out_row);
  const bool last = channel + count == S.in_channels / S.groups;
  const auto tile = [&]<int Channels>(int first) {
    const int out = group * kOutputs + first;
    const T* weight =
        packed + std::size_t(group * channel_tiles(S) + first / kTileChannels) * tile_weights(S) +
        channel * S.kernel * S.kernel * kTileChannels;
    for (int r = 0; r < rows; ++r) {
      const TapRange taps = row_taps<S>(out_row + r);
      const int row = r * S.stride + taps.first * S.dilation;
      conv_row<S, Channels, Panel::kChannelStride, Panel::kRowStride>(RowWork<T>{
          panel.data + std::size_t(row) * Panel::kRowStride,
          weight + taps.first * S.kernel * kTileChannels, bias == nullptr ? nullptr : bias + out,
          y + pixel_offset(kOutput, out, out_row + r, 0), count, taps.last - taps.first,
          channel > 0, last});
      if (last) measure.row(out, Channels, out_row + r, y);
    }
  };
  for (int first = 0; first + kTileChannels <= kOutputs; first += kTileChannels) {
    tile.template operator()<kTileChannels>(first);
  }
  if constexpr (kOutputs % kTileChannels != 0) {
    tile.template operator()<kOutputs % kTileChannels>(kOutputs / kTileChannels * kTileChannels);
  }
}

}  // namespace detail

/// conv_forward by its definition, every tap of every channel, with a panel in a workspace.
template <ConvShape S, class T, class Measure>
void direct_forward(const T* x, const T* packed, const T* bias, T* y, T* workspace,
                    const Measure& measure) {
  constexpr int kRows = detail::kForwardRows<S>;
  using Panel = ConvPanel<S, kRows, T>;
  constexpr int kInputs = Panel::kChannelsOfGroup;
  const Panel panel{workspace};
  panel.clear();
  for (int group = 0; group < S.groups; ++group) {
    for (int channel = 0; channel < kInputs; channel += Panel::kChannels) {
      const int count = std::min(Panel::kChannels, kInputs - channel);
      for (int row = 0; row < S.out_height(); row += kRows) {
        panel.fill(x, group * kInputs + channel, count, row);
        detail::conv_panel_rows<S>(panel, packed, bias, y, group, channel, count, row, measure);
      }
    }
  }
}

namespace detail {

template <ConvShape S, class T, class Measure>
void conv_forward(const T* x, const T* packed, const T* bias, T* y, T* workspace,
                  const Measure& measure) {
  if constexpr (uses_winograd(S)) {
    const WholeImage<Extent{S.out_channels, S.out_height(), S.out_width()}, T> target{y};
    winograd_forward<S>(x, packed, bias, target, workspace, measure);
  } else {
    direct_forward<S>(x, packed, bias, y, workspace, measure);
  }
}

}  // namespace detail

/// Elements of a workspace that conv_forward<S> needs.
template <ConvShape S, class T>
constexpr std::size_t conv_forward_workspace() {
  if constexpr (uses_winograd(S)) return detail::WinogradStrip<S, T>::kElements;
  return ConvPanel<S, detail::kForwardRows<S>, T>::kElements;
}

/// The same for conv_forward_measured<S>.
template <ConvShape S, class T>
constexpr std::size_t conv_forward_measured_workspace() {
  return conv_forward_workspace<S, T>() + detail::Measured<S, T>::kElements;
}

/// y [Cout, Ho, Wo] = convolution of x [Cin, H, W] with weight [Cout, Cin / groups, k, k], packed
/// by conv_pack<S>, plus bias [Cout] (nullptr when !S.bias), and S.act of that. PyTorch's
/// conv2d: cross-correlation, zero padding.
template <ConvShape S, class T, std::size_t N>
void conv_forward(const T* x, const T* packed, const T* bias, T* y, Workspace<T, N> workspace) {
  T* room = workspace.template room<conv_forward_workspace<S, T>()>();
  detail::conv_forward<S>(x, packed, bias, y, room, detail::NotMeasured{});
}

/// The same, and measured [Cout][kMeasured] as norm_measure of y, but for rounding.
template <ConvShape S, class T, std::size_t N>
void conv_forward_measured(const T* x, const T* packed, const T* bias, T* y, T* measured,
                           Workspace<T, N> workspace) {
  T* room = workspace.template room<conv_forward_measured_workspace<S, T>()>();
  const detail::Measured<S, T> measure{{room}};
  detail::conv_forward<S>(x, packed, bias, y, room + measure.kElements, measure);
  measure.sums.finish(S.out_height() * S.out_width(), measured);
}

}  // namespace castnet::cpu
