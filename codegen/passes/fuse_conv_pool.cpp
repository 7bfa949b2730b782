#include "passes/fuse.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// Places of maxima are stored in a byte each.
constexpr int kWidestWindow = 16;

bool is_plain(const Node& node, std::int64_t most_pairs) {
  const auto* conv = std::get_if<Conv>(&node.op);
  return conv && conv->kernel == 1 && conv->stride == 1 && conv->padding == 0 &&
         conv->groups == 1 && node.fused.empty() &&
         std::int64_t{node.in.channels} * node.out.channels <= most_pairs;
}

/// Each pixel of the convolution is in one window, or in none.
bool is_plain(const Pool& pool) {
  return pool.kind == PoolKind::max && pool.stride == pool.kernel && pool.padding == 0 &&
         pool.kernel <= kWidestWindow;
}

}  // namespace

Graph fuse_conv_pool(Graph graph, std::int64_t most_pairs) {
  return fuse_readers(std::move(graph), [most_pairs](Node& node, Node& next) {
    const auto* pool = std::get_if<Pool>(&next.op);
    if (!pool || !is_plain(*pool) || !is_plain(node, most_pairs)) return false;
    take_in(node, next);
    return true;
  });
}

}  // namespace castnet::codegen
