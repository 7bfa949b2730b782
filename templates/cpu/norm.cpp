// -- forward
norm_forward<$node$_shape>(
    mode, $x$, $weight$, $bias$,
    $saved$, $running$, $scratch$, $y$);
// -- backward
norm_backward<$node$_shape>(
    $x$, $dy$, $weight$, $bias$, $saved$,
    $scratch$, $dx$, $d_weight$, $d_bias$);
