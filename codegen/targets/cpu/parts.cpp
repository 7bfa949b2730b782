// How the operations of convolutions and norms are split: where blocks of images have to wait for
// one another, and what is packed once for all of them.
#include "castnet_shared/convolutions.hpp"
#include "layers/shapes.hpp"
#include "targets/cpu/blocks.hpp"

namespace castnet::codegen::cpu {
namespace {

std::int64_t packed_elements(const Conv& conv, const Shape& in) {
  return static_cast<std::int64_t>(castnet::cpu::packed_elements(conv_shape(conv, in, kLanes)));
}

std::optional<Parts> conv_parts(const Node& node, Action action) {
  const auto& conv = std::get<Conv>(node.op);
  Parts parts;
  if (action == Action::forward) {
    Part pack{action::pack, {}, {role::packed}, true};
    Part forward{Action::forward, {Role::x, Role::moments, role::packed}, {Role::saved, Role::y}};
    parts.buffers = {{role::packed, "packed", packed_elements(conv, node.in)}};
    const auto add = [&](Role role, std::string_view name, std::int64_t elements) {
      parts.buffers.push_back({role, name, elements});
      pack.writes.push_back(role);
      forward.reads.push_back(role);
    };
    if (fused<Norm>(node)) add(role::shift, "shift", node.out.channels);
    for (const Node& one : node.fused) {
      const auto* pooled = std::get_if<Conv>(&one.op);
      if (pooled) {
        add(role::pool_packed, "pool_packed", packed_elements(*pooled, one.in));
      }
    }
    parts.parts = {pack, forward};
    return parts;
  }
  if (action != Action::backward_data) return {};
  parts.buffers = {
      {role::packed, "packed",
       static_cast<std::int64_t>(castnet::cpu::packed_data_elements(conv_shape(node, kLanes)))}};
  parts.parts = {{action::pack_data, {}, {role::packed}, true},
                 {Action::backward_data, {Role::dy, Role::saved, role::packed}, {Role::dx}}};
  return parts;
}

/// Backward of statistics over the batch: the sums of each block of images, their means, and with
/// them the gradient of each block's input. Dropout behind the norm is undone first, into dx.
Parts backward_parts(const Node& node, int batch) {
  const bool dropout = !node.fused.empty();
  Part sums{action::backward_sums, {Role::dy, Role::x, Role::saved}, {}};
  Part means{action::backward_means, {}, {role::means}, true};
  Part input{action::backward_input, {Role::x, Role::saved, role::means}, {Role::dx}};
  Parts parts;
  parts.buffers = {{role::means, "means", 2 * std::int64_t{node.in.channels}, false}};
  if (node.parameters.empty()) {  // whose gradients the sums are
    const std::int64_t sum = std::int64_t{node.in.channels} * (batch / kLanes);
    parts.buffers.push_back({role::d_weight, "weight", sum, true});
    parts.buffers.push_back({role::d_bias, "bias", sum, true});
    sums.writes = means.reads = {role::d_weight, role::d_bias};
  }
  if (dropout) {
    sums.writes.push_back(Role::dx);
  } else {
    input.reads.insert(input.reads.begin(), Role::dy);
  }
  parts.parts = {sums, means, input};
  return parts;
}

std::optional<Parts> norm_parts(const Node& node, Action action, int batch) {
  const bool over_batch = std::get<Norm>(node.op).norm.kind == NormKind::batch;
  if (action == Action::backward && over_batch) return backward_parts(node, batch);
  if (action != Action::forward && action != Action::statistics) return {};
  const std::int64_t sums = 2 * std::int64_t{node.in.channels} * (batch / kLanes);
  Parts parts;
  parts.buffers = {{role::measured, "measured", sums * kLanes, true}};
  parts.parts = {{action::measure, {Role::x}, {role::measured}}};
  if (over_batch) {
    parts.buffers.push_back({Role::scratch, "sums", sums, true});
    parts.parts.push_back({action::sums, {role::measured}, {Role::scratch}});
    parts.parts.push_back({Action::statistics, {Role::scratch}, {Role::saved}, true});
  } else {
    parts.parts.push_back({action::moments, {role::measured}, {Role::saved}});
  }
  if (action == Action::forward) {
    parts.parts.push_back({Action::forward, {Role::x, Role::saved}, {Role::y}});
  }
  return parts;
}

}  // namespace

std::optional<Parts> parts(const Node& node, Action action, int batch) {
  if (std::holds_alternative<Conv>(node.op)) return conv_parts(node, action);
  if (std::holds_alternative<Norm>(node.op)) return norm_parts(node, action, batch);
  return {};
}

}  // namespace castnet::codegen::cpu
