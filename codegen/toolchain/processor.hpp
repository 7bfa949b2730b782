// The processor of this machine.
#pragma once

#include <string>

namespace castnet::codegen {

/// The model and the instruction sets of this machine's processor, as the system describes them:
/// what -march=native stands for. Empty if the system does not tell.
std::string processor();

}  // namespace castnet::codegen
