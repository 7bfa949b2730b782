// -- prepare
conv_prepare<$node$_shape>($weight$, $prepared$);
// -- prepare_asserts
static_assert(prepared_elements($shape$) <= $prepared_elements$);
// -- forward
conv_forward<$node$_shape>($x$, $prepared$, $bias$, $y$, workspace());
// -- forward_measured
conv_forward_measured<$node$_shape>(
    $x$, $prepared$, $bias$, $y$, $measured$, workspace());
// -- backward_weight
conv_backward_filter<$node$_shape>(
    $x$, $dy$, $d_weight$, $d_bias$, workspace());
// -- prepare_data
conv_prepare_data<$node$_shape>($weight$, $prepared$);
// -- prepare_data_asserts
static_assert(prepared_data_elements($shape$) <= $prepared_elements$);
// -- backward_data
conv_backward_data<$node$_shape>($dy$, $prepared$, $dx$, workspace());
