// -- forward
dropout_forward<$node$_shape>(
    mode, step.seed, step.epoch, samples_.data(), $x$, $y$);
// -- backward
dropout_backward<$node$_shape>(
    step.seed, step.epoch, samples_.data(), $dy$, $dx$);
