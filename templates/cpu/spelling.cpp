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
const Blocks<Real> $buffer$ =
    activations_.blocks<Slice{$offset$, $elements$}, kBlock>();
// -- real_of_blocks
const Blocks<Real> $buffer$ =
    activations_.blocks<Slice{$offset$, $elements$}, kBlock>();
// -- bytes_of_blocks
const Blocks<std::uint8_t> $buffer$ =
    activations_.byte_blocks<Slice{$offset$, $elements$}, kBlock>();
// -- real
Real* const $buffer$ =
    activations_.at<Slice{kBlocks * kBlock + $offset$, $elements$}>();
// -- network
std::make_unique<net_$name$::Network>()
// -- map_values
offer_map<kBatch>(map_hook(), MapPart::values, $buffer$);
// -- map_gradient
if (offer_map<kBatch>(map_hook(), MapPart::gradient, $buffer$)) return;
// -- sizes
constexpr int kBlocks = kBatch / $block$;
constexpr std::size_t kBlock = $block_elements$;
constexpr std::size_t kWorkspace = $workspace_elements$;  // of each thread, up to kBlocks of them
// -- activations
kBlocks * kBlock + $shared_elements$
// -- gradient_shares
(2 + kBlocks)
// -- workspaces
 + kBlocks * kWorkspace
// -- gradient
const Blocks<Real> d_$tensor$ =
    block_gradients_.blocks<at::$tensor$, kParameters>();
