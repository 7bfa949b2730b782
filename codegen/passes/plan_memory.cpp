#include <algorithm>
#include <numeric>

#include "passes/lifetimes.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

bool meet(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

/// The lowest offset at which `buffer` overlaps none of `placed` that it may not share memory with.
std::int64_t lowest_gap(const Plan& plan, const Buffer& buffer, std::vector<const Buffer*> placed,
                        Sharing sharing) {
  std::erase_if(placed, [&](const Buffer* other) {
    return other->by_block != buffer.by_block ||
           (sharing == Sharing::lifetimes && !meet(buffer, *other));
  });
  std::sort(placed.begin(), placed.end(),
            [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; });
  std::int64_t offset = 0;
  for (const Buffer* other : placed) {
    if (offset + aligned(slice_elements(plan, buffer)) <= other->offset) break;
    offset = std::max(offset, other->offset + aligned(slice_elements(plan, *other)));
  }
  return offset;
}

}  // namespace

Plan plan_memory(Plan plan, Sharing sharing) {
  set_lifetimes(plan);
  std::vector<std::size_t> order(plan.buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The images come first, so that training and evaluation have them in the same place.
  std::stable_sort(order.begin() + 1, order.end(), [&](std::size_t a, std::size_t b) {
    return plan.buffers[a].elements > plan.buffers[b].elements;
  });
  // They are the caller's, who may want them once more.
  plan.buffers.front().first = 0;
  plan.buffers.front().last = static_cast<int>(plan.operations.size()) - 1;
  std::vector<const Buffer*> placed;
  plan.block_elements = plan.shared_elements = 0;
  for (const std::size_t i : order) {
    Buffer& buffer = plan.buffers[i];
    buffer.offset = lowest_gap(plan, buffer, placed, sharing);
    std::int64_t& end = buffer.by_block ? plan.block_elements : plan.shared_elements;
    end = std::max(end, buffer.offset + aligned(slice_elements(plan, buffer)));
    placed.push_back(&buffer);
  }
  return plan;
}

}  // namespace castnet::codegen
