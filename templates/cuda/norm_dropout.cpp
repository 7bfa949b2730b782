// -- forward
norm_dropout_forward<$node$_shape, $dropout$_shape>(
    stream, mode, step_, samples_, $x$, $weight$, $bias$,
    $saved$, $running_mean$, $running_var$, $scratch$, $y$);
// -- backward
norm_dropout_backward<$node$_shape, $dropout$_shape>(
    stream, step_, samples_, $x$, $dy$, $weight$, $bias$,
    $saved$, $scratch$, $dx$, $d_weight$, $d_bias$);
