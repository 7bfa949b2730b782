// -- forward
conv_activation_forward<$node$_shape, $activation$_shape>(
    $x$, $weight$, $bias$, $y$);
// -- backward
conv_activation_backward<$node$_shape, $activation$_shape>(
    $y$, $dy$, $scratch$, $dz$, $d_bias$);
// -- backward_weight
conv_activation_backward_filter<$node$_shape>(
    $x$, $dy$, $scratch$, $d_weight$);
// -- backward_data
conv_backward_data<$node$_shape>(
    $dy$, $weight$, $scratch$, $dx$);
