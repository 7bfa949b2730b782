// -- forward
conv_pool_forward<$node$_shape, $pool$_shape>(
    $x$, $packed$, $bias$, $saved$, $y$, workspace());
// -- backward_weight
conv_pool_backward_weight<$node$_shape, $pool$_shape>(
    $x$, $dy$, $saved$, $d_weight$, $d_bias$, workspace());
// -- backward_data
conv_pool_backward_data<$node$_shape, $pool$_shape>(
    $dy$, $saved$, $packed$, $dx$, workspace());
