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
// -- value
Real* const $buffer$ =
    activations_.at<Slice{$offset$, $elements$}>();
// -- real
Real* const $buffer$ =
    activations_.at<Slice{$offset$, $elements$}>();
// -- bytes
std::uint8_t* const $buffer$ =
    activations_.bytes<Slice{$offset$, $elements$}>();
// -- network
std::make_unique<$name$::Network>()
// -- map_values
offer_map<kBatch, $c$, $h$, $w$>(map_hook(), MapPart::values, $buffer$);
// -- map_gradient
if (offer_map<kBatch, $c$, $h$, $w$>(map_hook(), MapPart::gradient, $buffer$)) return;
