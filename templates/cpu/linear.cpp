// -- shapes
constexpr LinearShape $node$_shape{
    .batch = kBatch, .in_features = $in_features$, .out_features = $out_features$,
    .bias = $has_bias$};
// -- forward
linear_forward<$node$_shape>($x$, $weight$, $bias$, $y$);
// -- backward_weight
linear_backward_weight<$node$_shape>(
    $x$, $dy$, $scratch$, $d_weight$, $d_bias$);
// -- backward_data
linear_backward_data<$node$_shape>($dy$, $weight$, $dx$);
// -- backward_weight_scratch
static_assert($node$_shape.scratch() <= $scratch_elements$);
