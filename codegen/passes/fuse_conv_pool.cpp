#include "passes/join.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// Pairs of an input and an output channel. Up to here memory, not multiplications, takes the time:
/// beyond, the cuda target's plain kernel would be slower than cuDNN's matrix products.
constexpr int kMostPairs = 2048;

/// Places of maxima are stored in a byte each.
constexpr int kWidestWindow = 16;

bool is_plain(const Node& node) {
  const auto* conv = std::get_if<Conv>(&node.op);
  return conv && conv->kernel == 1 && conv->stride == 1 && conv->padding == 0 &&
         conv->groups == 1 && node.joined.empty() &&
         std::int64_t{node.in.channels} * node.out.channels <= kMostPairs;
}

/// Each pixel of the convolution is in one window, or in none.
bool is_plain(const Pool& pool) {
  return pool.kind == PoolKind::max && pool.stride == pool.kernel && pool.padding == 0 &&
         pool.kernel <= kWidestWindow;
}

bool join(Node& node, Node& next) {
  const auto* pool = std::get_if<Pool>(&next.op);
  if (!pool || !is_plain(*pool) || !is_plain(node)) return false;
  take_in(node, next);
  return true;
}

}  // namespace

Graph fuse_conv_pool(Graph graph) { return join_readers(std::move(graph), join); }

}  // namespace castnet::codegen
