// The entry point that libFuzzer calls.
#pragma once

#include <cstddef>
#include <cstdint>

/// Aborts where something that must hold for every input does not.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
