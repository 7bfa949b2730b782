// Lifetimes of buffers: from the first operation that uses one to the last.
#pragma once

#include <algorithm>

#include "ir/plan.hpp"

namespace castnet::codegen {

inline void set_lifetimes(Plan& plan) {
  for (Buffer& buffer : plan.buffers) {
    buffer.first = static_cast<int>(plan.operations.size());
    buffer.last = -1;
  }
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    for (const Binding& binding : plan.operations[static_cast<std::size_t>(i)].bindings) {
      Buffer& buffer = plan.buffers[static_cast<std::size_t>(binding.buffer)];
      buffer.first = std::min(buffer.first, i);
      buffer.last = std::max(buffer.last, i);
    }
  }
}

/// Drops buffers that no operation uses, but the network's input, and renumbers the others, in
/// order.
inline void drop_unused(Plan& plan) {
  set_lifetimes(plan);
  std::vector<int> renumbered(plan.buffers.size(), -1);
  std::vector<Buffer> kept;
  for (std::size_t i = 0; i < plan.buffers.size(); ++i) {
    if (i > 0 && plan.buffers[i].last < 0) continue;
    renumbered[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(plan.buffers[i]));
  }
  plan.buffers = std::move(kept);
  for (Operation& operation : plan.operations) {
    for (Binding& binding : operation.bindings) {
      binding.buffer = renumbered[static_cast<std::size_t>(binding.buffer)];
    }
  }
}

}  // namespace castnet::codegen
