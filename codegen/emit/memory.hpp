// Plan → the text of a program's memory map: where its buffers lie, and when each is in use.
#pragma once

#include "emit/render.hpp"
#include "ir/plan.hpp"
#include "targets/target.hpp"

namespace castnet::codegen {

/// The constant of the memory map that a buffer stands in: of a plan by blocks those of each block
/// and those that all blocks share are apart. `evaluation`: of a plan for evaluation alone.
std::string_view map_name(const Plan& plan, bool by_block, bool evaluation);

/// The text of the target's memory map. `values`: those of the program. Throws TemplateError.
std::string emit_memory(const Plans& plans, const Target& target, const Templates& templates,
                        Values values);

}  // namespace castnet::codegen
