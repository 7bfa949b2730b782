#include "castnet_shared/convolutions.hpp"
#include "layers/shapes.hpp"
#include "passes/fuse.hpp"
#include "targets/cpu/blocks.hpp"

namespace castnet::codegen::cpu {
namespace {

/// Bytes of a row of tiles of all channels, which a core's cache takes.
constexpr std::int64_t kMostRowBytes = 512 * 1024;

/// A row of Winograd's tiles at a time becomes pooled rows: the convolution's output is never
/// stored.
bool fuse(Node& node, Node& next) {
  const auto* conv = std::get_if<Conv>(&node.op);
  const bool normalised = node.fused.size() == 1 && std::get_if<Norm>(&node.fused.front().op);
  const auto* pool = next.fused.empty() ? nullptr : std::get_if<Pool>(&next.fused.front().op);
  if (!conv || !normalised || !std::get_if<Conv>(&next.op) || !pool) return false;
  const std::int64_t row_bytes = std::int64_t{4} * kLanes * castnet::cpu::winograd::kOutputs *
                                 node.out.channels * node.out.width;
  if (!castnet::cpu::uses_winograd(conv_shape(node, kLanes)) ||
      castnet::cpu::winograd::kOutputs % pool->kernel != 0 || row_bytes > kMostRowBytes) {
    return false;
  }
  Node last = std::move(next.fused.front());
  next.fused.clear();
  take_in(node, next);
  take_in(node, last);
  return true;
}

}  // namespace

Graph fuse_conv_conv_pool(Graph graph) { return fuse_readers(std::move(graph), fuse); }

}  // namespace castnet::codegen::cpu
