#include <algorithm>
#include <numeric>

#include "passes/lifetimes.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

std::int64_t aligned(std::int64_t elements) {
  return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

bool meet(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

/// The lowest offset at which `buffer` overlaps none of `placed` that it may not share memory with.
std::int64_t lowest_gap(const Buffer& buffer, std::vector<const Buffer*> placed, Sharing sharing) {
  if (sharing == Sharing::lifetimes) {
    std::erase_if(placed, [&](const Buffer* other) { return !meet(buffer, *other); });
  }
  std::sort(placed.begin(), placed.end(),
            [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; });
  std::int64_t offset = 0;
  for (const Buffer* other : placed) {
    if (offset + aligned(buffer.elements) <= other->offset) break;
    offset = std::max(offset, other->offset + aligned(other->elements));
  }
  return offset;
}

}  // namespace

Plan plan_memory(Plan plan, Sharing sharing) {
  set_lifetimes(plan);
  std::vector<std::size_t> order(plan.buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return plan.buffers[a].elements > plan.buffers[b].elements;
  });
  // The images are filled in before the first operation, so nothing may lie there then.
  plan.buffers.front().first = 0;
  std::vector<const Buffer*> placed;
  plan.arena_elements = 0;
  for (const std::size_t i : order) {
    Buffer& buffer = plan.buffers[i];
    buffer.offset = lowest_gap(buffer, placed, sharing);
    plan.arena_elements = std::max(plan.arena_elements, buffer.offset + aligned(buffer.elements));
    placed.push_back(&buffer);
  }
  return plan;
}

Plan inference_only(const Plan& plan) {
  Plan inference = plan;
  inference.operations.resize(static_cast<std::size_t>(plan.forward_operations));
  drop_unused(inference);
  return plan_memory(std::move(inference));
}

}  // namespace castnet::codegen
