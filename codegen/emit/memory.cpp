#include "emit/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "emit/lines.hpp"
#include "emit/walk.hpp"

namespace castnet::codegen {
namespace {

/// The plan's buffers in order of address.
std::vector<const Buffer*> in_order(const Plan& plan, bool by_block) {
  std::vector<const Buffer*> buffers;
  for (const Buffer& buffer : plan.buffers) {
    if (buffer.by_block == by_block) buffers.push_back(&buffer);
  }
  std::ranges::stable_sort(buffers, [](const Buffer* a, const Buffer* b) {
    return std::pair(a->offset, a->first) < std::pair(b->offset, b->first);
  });
  return buffers;
}

/// A row a buffer, in columns.
std::string rows(const Plan& plan, const std::vector<const Buffer*>& buffers) {
  std::size_t longest = 0;
  for (const Buffer* buffer : buffers) longest = std::max(longest, buffer->name.size());
  std::string text;
  for (const Buffer* buffer : buffers) {
    const std::string name = fmt::format("\"{}\",", buffer->name);
    text += fmt::format("{{{:<{}} {:>9}, {:>8}, {:>3}, {:>3}}},  // [{}]\n", name, longest + 3,
                        buffer->offset, slice_elements(plan, *buffer), buffer->first, buffer->last,
                        buffer->shape);
  }
  return text;
}

/// The operations by the numbers that lifetimes are given in.
std::string operation_list(const Plan& plan) {
  std::string text;
  for (int i = 0; i < static_cast<int>(plan.operations.size()); ++i) {
    if (i > 0 && i == plan.forward_operations) text += "\n";
    text += fmt::format("{:>4} {}\n", i, operation_name(plan, i));
  }
  return commented(text);
}

std::string map(const Plan& plan, bool by_block, bool evaluation, const Target& target,
                const Templates& templates) {
  const std::vector<const Buffer*> buffers = in_order(plan, by_block);
  const std::string kind = plan.block == 0 ? "map" : by_block ? "block_map" : "shared_map";
  const std::string values_of = buffers.empty() ? "empty_" : "";
  return templates.render(
      target.name, "memory", values_of + kind,
      {{"map", std::string(map_name(plan, by_block, evaluation))}, {"rows", rows(plan, buffers)}});
}

/// The maps of a plan, and its operations.
std::string maps(const Plan& plan, bool evaluation, const Target& target,
                 const Templates& templates) {
  std::string text;
  if (plan.block > 0) text += map(plan, true, evaluation, target, templates) + '\n';
  text += map(plan, false, evaluation, target, templates);
  return text;
}

}  // namespace

std::string_view map_name(const Plan& plan, bool by_block, bool evaluation) {
  if (plan.block == 0) return "kMap";
  if (evaluation) return by_block ? "kEvaluationBlockMap" : "kEvaluationSharedMap";
  return by_block ? "kBlockMap" : "kSharedMap";
}

std::string emit_memory(const Plans& plans, const Target& target, const Templates& templates,
                        Values values) {
  values["maps"] = maps(plans.plan, false, target, templates);
  values["operations"] = operation_list(plans.plan);
  if (plans.evaluation) {
    values["evaluation_maps"] = maps(*plans.evaluation, true, target, templates);
    values["evaluation_operations"] = operation_list(*plans.evaluation);
  }
  for (const char* section : {"head", "tail"}) {
    values[section] = templates.render(kCommon, "memory", section, values);
  }
  return templates.render(target.name, "memory", "memory", values);
}

}  // namespace castnet::codegen
