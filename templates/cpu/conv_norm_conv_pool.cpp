// -- pack
conv_norm_pack<$node$_shape, $norm$_shape>(
    $weight$, $bias$, $norm_weight$, $norm_bias$, $running_mean$, $running_var$, $packed$, $shift$, workspace());
conv_pack<$conv$_shape>($conv_weight$, $pool_packed$);
// -- forward
conv_norm_conv_pool_forward<$node$_shape, $norm$_shape, $conv$_shape, $pool$_shape>(
    $x$, $packed$, $shift$, $pool_packed$, $conv_bias$, $y$, workspace());
// -- pack_asserts
static_assert(packed_elements($shape$) <= $packed_elements$);
static_assert(packed_elements($conv$_shape) <= $pool_packed_elements$);
