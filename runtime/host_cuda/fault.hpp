// What a GPU would answer with "an illegal memory access was encountered".
#pragma once

namespace castnet::host_cuda {

/// From now on SIGSEGV at an address of device memory says which memory it was, and aborts; other
/// faults go to the handler that there was before. Again where others have set theirs since.
void install_fault_handler();

/// Gives this thread of the operating system a stack for that handler: a kernel's may be used up.
void prepare_fault_stack();

}  // namespace castnet::host_cuda
