// The end of a program that does what a GPU would not forgive.
#pragma once

#include <string>

namespace castnet::host_cuda {

/// Says on stderr what is wrong, and in which thread of which kernel if one runs; aborts.
[[noreturn]] void fail(const std::string& message);

/// The name of the function at `address` if the program exports it, else the address.
std::string function_name(const void* address);

/// The kernel that this thread of the operating system runs, or null.
extern constinit thread_local const void* running_kernel;

}  // namespace castnet::host_cuda
