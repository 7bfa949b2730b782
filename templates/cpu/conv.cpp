// -- shapes
constexpr ConvShape $node$_shape{
    .batch = kBatch, .in_channels = $c$, .in_height = $h$, .in_width = $w$,
    .out_channels = $k$, .kernel = $kernel$, .stride = $stride$, .padding = $padding$,
    .dilation = $dilation$, .groups = $groups$, .bias = $has_bias$};
// -- forward
conv_forward<$node$_shape>($x$, $weight$, $bias$, $y$);
// -- backward_weight
conv_backward_filter<$node$_shape>(
    $x$, $dy$, $scratch$, $d_weight$, $d_bias$);
// -- backward_data
conv_backward_data<$node$_shape>(
    $dy$, $weight$, $scratch$, $dx$);
// -- backward_weight_scratch
static_assert($node$_shape.filter_scratch() <= $scratch_elements$);
// -- backward_data_scratch
static_assert($node$_shape.data_scratch() <= $scratch_elements$);
