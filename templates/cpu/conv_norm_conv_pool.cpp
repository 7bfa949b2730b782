// -- prepare
conv_norm_prepare<$node$_shape, $norm$_shape>(
    $weight$, $bias$, $norm_weight$, $norm_bias$, $running$, $prepared$, $shift$, workspace());
conv_prepare<$conv$_shape>($conv_weight$, $pool_prepared$);
// -- forward
conv_norm_conv_pool_forward<$node$_shape, $norm$_shape, $conv$_shape, $pool$_shape>(
    $x$, $prepared$, $shift$, $pool_prepared$, $conv_bias$, $y$, workspace());
// -- prepare_asserts
static_assert(prepared_elements($shape$) <= $prepared_elements$);
static_assert(prepared_elements($conv$_shape) <= $pool_prepared_elements$);
