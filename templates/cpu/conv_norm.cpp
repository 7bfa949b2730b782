// -- prepare
conv_norm_prepare<$node$_shape, $norm$_shape>(
    $weight$, $bias$, $norm_weight$, $norm_bias$, $running$, $prepared$, $shift$, workspace());
// -- forward
conv_norm_forward<$node$_shape, $norm$_shape>(
    $x$, $prepared$, $shift$, $y$, workspace());
