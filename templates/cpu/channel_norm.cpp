// -- forward
channel_norm_forward<$node$_shape>($x$, $weight$, $bias$, $saved$, $y$);
// -- backward
channel_norm_backward<$node$_shape>(
    $x$, $dy$, $weight$, $saved$, $dx$, $d_weight$, $d_bias$);
