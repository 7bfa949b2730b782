// -- prepare
conv_prepare<$node$_shape>($weight$, $prepared$);
// -- prepare_asserts
static_assert(prepared_elements($shape$) <= $prepared_elements$);
// -- forward
conv_pool_forward<$node$_shape, $pool$_shape>(
    $x$, $prepared$, $bias$, $saved$, $y$);
// -- backward_weight
conv_pool_backward_filter<$node$_shape, $pool$_shape>(
    $x$, $dy$, $saved$, $d_weight$, $d_bias$);
// -- prepare_data
conv_prepare_data<$node$_shape>($weight$, $prepared$);
// -- prepare_data_asserts
static_assert(prepared_data_elements($shape$) <= $prepared_elements$);
// -- backward_data
conv_pool_backward_data<$node$_shape, $pool$_shape>(
    $dy$, $saved$, $prepared$, $dx$);
