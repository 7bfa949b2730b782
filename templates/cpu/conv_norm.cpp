// -- pack
conv_norm_pack<$node$_shape, $norm$_shape>(
    $weight$, $bias$, $norm_weight$, $norm_bias$, $running_mean$, $running_var$, $packed$, $shift$, workspace());
// -- forward
conv_norm_forward<$node$_shape, $norm$_shape>(
    $x$, $packed$, $shift$, $y$, workspace());
