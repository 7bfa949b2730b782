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
