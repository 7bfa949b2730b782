// -- forward
norm_dropout_forward<$node$_shape, $dropout$_shape>(
    mode, step.seed, step.epoch, samples_.data(), $x$, $weight$, $bias$,
    $saved$, $running$, $scratch$, $y$);
// -- backward
norm_dropout_backward<$node$_shape, $dropout$_shape>(
    step.seed, step.epoch, samples_.data(), $x$, $dy$, $weight$, $bias$,
    $saved$, $scratch$, $dx$, $d_weight$, $d_bias$);
