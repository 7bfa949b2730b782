#include "passes/lifetimes.hpp"
#include "passes/passes.hpp"

namespace castnet::codegen {
namespace {

/// Puts a value into another buffer than its own, under its own name.
void replace(Plan& plan, int from, int to) {
  for (Operation& operation : plan.operations) {
    for (Binding& binding : operation.bindings) {
      if (binding.buffer != from) continue;
      binding.as = value_name(plan, binding);
      binding.buffer = to;
    }
  }
}

}  // namespace

Plan share_in_place(Plan plan) {
  set_lifetimes(plan);
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    Operation& operation = plan.operations[static_cast<std::size_t>(i)];
    if (!operation.in_place) continue;
    const int read = operation.bindings.front().buffer;
    const int written = operation.bindings.back().buffer;
    // The network's input (buffer 0) is the caller's: it is read again by nobody, but never
    // written.
    if (read == 0 || plan.buffers[static_cast<std::size_t>(read)].last > i) continue;
    replace(plan, written, read);
    set_lifetimes(plan);
  }
  drop_unused(plan);
  return plan;
}

}  // namespace castnet::codegen
