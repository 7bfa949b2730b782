#include "targets/cpu/winograd.hpp"

#include <algorithm>

namespace castnet::codegen::cpu {
namespace {

constexpr std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

}  // namespace

bool uses_winograd(const Conv& conv, const Shape& in, const Shape& out) {
  const std::int64_t tiles =
      divided_up(out.height, kWinogradTile) * divided_up(out.width, kWinogradTile);
  return conv.kernel == 3 && conv.stride == 1 && conv.dilation == 1 && conv.groups == 1 &&
         conv.padding < 3 && std::min(in.channels, out.channels) >= 8 &&
         std::int64_t{out.height} * out.width >= 10 * tiles && in.channels <= 128 &&
         in.channels * out.channels <= 8192;
}

std::optional<Conv> transposed(const Conv& conv) {
  Conv swapped = conv;
  swapped.padding = conv.dilation * (conv.kernel - 1) - conv.padding;
  if (conv.stride != 1 || swapped.padding < 0) return {};
  return swapped;
}

}  // namespace castnet::codegen::cpu
