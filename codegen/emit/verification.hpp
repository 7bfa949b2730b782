// Two plans of one graph → the text of the program that compares their targets.
#pragma once

#include <cstdint>
#include <string>

#include "emit/program.hpp"

namespace castnet::codegen {

/// The main program of `castnet verify`: with `cpu`, a plan whose buffers share no memory, emitted
/// for the CPU and `cuda`, the plan as it is used, for CUDA. `memory`: bytes that the former takes.
/// Throws TemplateError.
std::string emit_verification(const Spec& spec, const Plan& cpu, const Plan& cuda,
                              std::int64_t memory, const Origin& origin,
                              const Templates& templates);

}  // namespace castnet::codegen
