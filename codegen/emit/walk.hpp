// The one walk over a plan: its operations, shapes and buffers as text.
#pragma once

#include "emit/render.hpp"
#include "ir/plan.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// The folder of the templates that all targets have in common.
inline constexpr char kCommon[] = "common";

/// What an operation of the plan is called for people, e.g. "C4_conv backward weight".
std::string operation_name(const Plan& plan, int index);

/// The program's values that come from its operations and buffers: kernel_headers, shapes,
/// scratch_asserts, layer_count, layer_table, map, forward, backward, buffer_members,
/// operation_members, and for evaluation by a plan of its own evaluate, evaluation_members. Throws
/// TemplateError.
Values plan_values(const Plans& plans, const Target& target, const Templates& templates);

}  // namespace castnet::codegen
