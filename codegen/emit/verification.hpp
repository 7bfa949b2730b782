// Two plans of one graph → the text of the program that compares their targets.
#pragma once

#include <string>

#include "emit/program.hpp"

namespace castnet::codegen {

/// The main program of `castnet verify`: with `cpu`, a plan whose buffers share no memory, emitted
/// for the CPU and `cuda`, the plan as it is used, for CUDA. Throws TemplateError.
std::string emit_verification(const Spec& spec, const Plan& cpu, const Plan& cuda,
                              const Origin& origin, const Templates& templates);

}  // namespace castnet::codegen
