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
Value* const $buffer$ = $place$;
// -- place_of_value
activations_.values<$entry$>()
// -- real
Real* const $buffer$ = $place$;
// -- place_of_real
activations_.at<$entry$>()
// -- bytes
std::uint8_t* const $buffer$ = $place$;
// -- place_of_bytes
activations_.bytes<$entry$>()
// -- network
std::make_unique<::castnet::cuda::DeviceProgram>(
      std::make_unique<net_$name$::Network>())
// -- gradient_shares
2
// -- gradient
Real* const d_$tensor$ = gradients_.at<kParameterTensors["$name$"]>();
