// -- forward
conv_forward<$node$_shape>($x$, $weight$, $bias$, $y$);
// -- backward_weight
conv_backward_filter<$node$_shape>(
    $x$, $dy$, $scratch$, $d_weight$, $d_bias$);
// -- backward_data
conv_backward_data<$node$_shape>(
    $dy$, $weight$, $scratch$, $dx$);
