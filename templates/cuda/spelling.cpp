// -- headers
#include "core/program.hpp"
#include "cuda/arena.hpp"
#include "cuda/device_program.hpp"
#include "cuda/tensor_arena.hpp"
#include "kernels/cuda/arena.hpp"
// -- layer
layer("$layer$");  // $description$
// -- shape_begin
struct $node$_shape { static constexpr
// -- shape_name
value
// -- shape_end
; };
// -- shape
$node$_shape::value
// -- value
Value* const $buffer$ =
    activations_.values<Slice{$offset$, $elements$}>();
// -- real
Real* const $buffer$ =
    activations_.at<Slice{$offset$, $elements$}>();
// -- bytes
std::uint8_t* const $buffer$ =
    activations_.bytes<Slice{$offset$, $elements$}>();
// -- network
std::make_unique<::castnet::cuda::DeviceProgram>(
      std::make_unique<net_$name$::Network>())
// -- activations
$shared_elements$
// -- gradient_shares
2
// -- gradient
Real* const d_$tensor$ = gradients_.at<at::$tensor$>();
