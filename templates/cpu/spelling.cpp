// -- headers
#include "core/arena.hpp"
#include "core/block_program.hpp"
#include "core/workspace.hpp"
#include "kernels/cpu/blocks.hpp"
#include "kernels/cpu/images.hpp"
#include "kernels/cpu/layout.hpp"
// -- layer
layer("$layer$");  // $description$
// -- shape_begin
constexpr
// -- shape_name
$node$_shape
// -- shape_end
;
// -- shape
$node$_shape
// -- blocks_begin
each_block(kBlocks, [&](int b) {
// -- blocks_end
});
// -- value_of_blocks
const Blocks<Real> $buffer$ = $place$;
// -- place_of_value_of_blocks
activations_.blocks<$entry$, kBlock>()
// -- real_of_blocks
const Blocks<Real> $buffer$ = $place$;
// -- place_of_real_of_blocks
activations_.blocks<$entry$, kBlock>()
// -- bytes_of_blocks
const Blocks<std::uint8_t> $buffer$ = $place$;
// -- place_of_bytes_of_blocks
activations_.byte_blocks<$entry$, kBlock>()
// -- real
Real* const $buffer$ = $place$;
// -- place_of_real
activations_.at<$entry$>()
// -- network
std::make_unique<net_$name$::Network>()
// -- map_values
offer_map<kBatch>(map_hook(), MapPart::values, $buffer$);
// -- map_gradient
if (offer_map<kBatch>(map_hook(), MapPart::gradient, $buffer$)) return;
// -- gradient_shares
(2 + kBlocks)
// -- workspaces
 + kBlocks * kWorkspace
// -- gradient
const Blocks<Real> d_$tensor$ = block_gradients_.blocks<kParameterTensors["$name$"], kParameters>();
