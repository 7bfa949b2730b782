// -- forward
norm_forward<$node$_shape>(
    stream, mode, $x$, $weight$, $bias$,
    $saved$, $running$, $scratch$, $y$);
// -- backward
norm_backward<$node$_shape>(
    stream, $x$, $dy$, $weight$, $bias$, $saved$,
    $scratch$, $dx$, $d_weight$, $d_bias$);
