// The program that compares the cuda target with the cpu target.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "programs/load.hpp"
#include "toolchain/cache.hpp"
#include "toolchain/compilers.hpp"

namespace castnet::codegen {

/// The plans of one spec for both targets, which are compared.
struct Verification {
  const Loaded& loaded;
  Spec spec;   ///< without a budget, because that limits other memory
  Plans kept;  ///< plans of the cpu target; every value keeps its own memory until a step has ended
  Plans device;
  std::int64_t memory = 0;  ///< bytes of `kept`
};

/// `loaded` must outlive it.
Verification plan_verification(const Loaded& loaded);

/// The reason why this machine has too little memory for it, and what to do; nothing if it has
/// enough.
std::optional<std::string> why_too_large(const Verification& verification);

/// Compiles the program, unless this was done before. Returns null if a compiler failed. Throws
/// like build().
std::unique_ptr<const Program> build_verification(const Verification& verification,
                                                  const SpecOptions& options, Toolchain tools);

}  // namespace castnet::codegen
