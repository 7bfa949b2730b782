// -- forward
norm_forward<$node$_shape>(
    mode, $x$, $weight$, $bias$,
    $saved$, $running$, $scratch$, $y$);
dropout_forward<$dropout$_shape>(
    mode, step.seed, step.epoch, samples_.data(), $y$, $y$);
// -- backward
dropout_backward<$dropout$_shape>(
    step.seed, step.epoch, samples_.data(), $dy$, $dx$);
norm_backward<$node$_shape>(
    $x$, $dx$, $weight$, $bias$, $saved$,
    $scratch$, $dx$, $d_weight$, $d_bias$);
