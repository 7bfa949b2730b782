// What a thread needs while it computes a convolution: upper bounds for each shape, on any machine.
// runtime/kernels/cpu/conv_*.hpp decide; generated source is checked against them when it is
// compiled.
#include <algorithm>
#include <array>

#include "castnet_shared/convolutions.hpp"
#include "layers/shapes.hpp"
#include "targets/cpu/blocks.hpp"

namespace castnet::codegen::cpu {
namespace {

using namespace castnet::cpu;
using namespace castnet::cpu::detail;
using namespace castnet::cpu::winograd;

constexpr std::int64_t kFloat = 4;  ///< bytes; of double no more elements are needed

/// How a machine's registers cut the gradient of the weights.
struct Registers {
  std::int64_t inputs;  ///< channels of a register tile
  std::int64_t width;   ///< numbers of a vector
};
constexpr std::array<Registers, 2> kMachines{{{3, 8}, {6, 16}}};  // others need no more

std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

/// Elements of so many pixels of each image, made odd.
std::int64_t odd(std::int64_t pixels) { return (pixels | 1) * kLanes; }

/// The input rows of as many channels as half of a cache holds, for `rows` rows of output.
std::int64_t panel(const ConvShape& s, int rows) {
  const std::int64_t height = (rows - 1) * s.stride + s.dilation * (s.kernel - 1) + 1;
  const std::int64_t channel = odd(height * (s.in_width + 2 * s.padding));
  return channel *
         std::clamp<std::int64_t>(kPanelBytes / (channel * kFloat), 1, s.in_channels / s.groups);
}

/// Two strips of tiles each of transformed inputs and products.
std::int64_t winograd(const ConvShape& s) {
  const std::int64_t strip = std::min(2, divide_up(s.out_width(), kOutputs));
  return 2 * kFrequencies * (odd(s.in_channels * strip) + odd(s.out_channels * strip));
}

std::int64_t forward(const ConvShape& s) {
  return uses_winograd(s) ? winograd(s) : panel(s, s.out_height() < 2 ? 1 : 2);
}

/// A strip of tiles of transformed inputs and gradients, and sums over all tiles.
std::int64_t winograd_filter(const ConvShape& s) {
  const std::int64_t outputs = divided_up(s.out_channels, kFilterOutputs) * kFilterOutputs;
  const std::int64_t pixel = kTogether * (s.in_channels + outputs) * kLanes * kFloat;
  const std::int64_t strip =
      std::clamp<std::int64_t>(kStripBytes / pixel, 1, std::min(kMostTiles, winograd_tiles(s)));
  std::int64_t sums = 0;
  for (const auto& [inputs, width] : kMachines) {
    const std::int64_t parts = divided_up(s.in_channels, inputs);
    const std::int64_t part = divided_up(s.in_channels, parts) * kFilterOutputs;
    sums = std::max(sums, parts * divided_up(part, width) * width);
  }
  return kTogether * (odd(s.in_channels * strip) + odd(outputs * strip)) +
         kFrequencies * (outputs / kFilterOutputs) * sums;
}

std::int64_t backward_weight(const ConvShape& s) {
  if (uses_winograd_filter(s)) return winograd_filter(s);
  return panel(s, std::clamp(64 / s.out_width(), 1, s.out_height()));
}

/// Windows side by side, of which `channels` fit into `bytes`.
std::int64_t windows(const Pool& pool, const Shape& out, std::int64_t channels,
                     std::int64_t bytes) {
  const std::int64_t window = channels * pool.kernel * pool.kernel * kLanes * kFloat;
  return std::clamp<std::int64_t>(bytes / window, 1, out.width);
}

/// The windows of a row of pooled outputs that a fused max pooling has at a time.
std::int64_t pooled(const Node& node, Action action) {
  const auto& pool = std::get<Pool>(node.fused.back().op);
  const Shape& out = node.fused.back().out;
  const std::int64_t pixels = std::int64_t{pool.kernel} * pool.kernel;
  if (action != Action::backward_weight) {
    const int channels = action == Action::forward ? node.in.channels : node.out.channels;
    return channels * odd(windows(pool, out, channels, kHalfFirstLevel) * pixels);
  }
  std::int64_t most = 0;
  for (const Registers& machine : kMachines) {
    const std::int64_t count =
        std::min(windows(pool, out, node.out.channels, 8 * kHalfFirstLevel),
                 windows(pool, out, machine.inputs, 3 * kHalfFirstLevel / 2));
    most = std::max(most, (node.out.channels + machine.inputs) * odd(count * pixels));
  }
  return most;
}

bool computes(Action action) {
  return action == Action::forward || action == Action::backward_weight ||
         action == Action::backward_data;
}

}  // namespace

std::int64_t workspace(const Node& node, Action action) {
  if (!std::holds_alternative<Conv>(node.op)) return 0;
  const ConvShape s = conv_shape(node, kLanes);
  const bool norm = fused<Norm>(node), pool = fused<Pool>(node);
  if (action == action::pack) return norm ? node.out.channels : 0;  // the norm's factors
  if (action == action::forward_measured) {  // and each channel's sums and shift
    return forward(s) + std::int64_t{3} * kLanes * node.out.channels;
  }
  if (!computes(action)) return 0;
  if (pool && !norm) return pooled(node, action);
  if (action == Action::backward_weight) return backward_weight(s);
  if (action == Action::backward_data) return transposes(s) ? forward(transposed(s)) : 0;
  // With both fused, the rows of a row of tiles.
  return forward(s) + (pool ? node.out.channels * odd(kOutputs * std::int64_t{node.out.width}) : 0);
}

}  // namespace castnet::codegen::cpu
