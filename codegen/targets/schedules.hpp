// Every target's way through the passes, a folder each.
#pragma once

#include "passes/passes.hpp"

namespace castnet::codegen {

/// What a spec's program does; with errors the plans are empty.
struct Compiled : Plans {
  std::vector<Diagnostic> errors;
};

namespace cpu {
Compiled compile(const Spec& spec, Sharing sharing);
}
namespace cuda {
Compiled compile(const Spec& spec, Sharing sharing);
}

}  // namespace castnet::codegen
