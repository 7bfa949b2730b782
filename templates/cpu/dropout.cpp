// -- forward
dropout_forward<$node$_shape>(
    mode, step.seed, step.epoch, samples_.data() + b * kLanes, $x$, $y$);
// -- backward
dropout_backward<$node$_shape>(
    step.seed, step.epoch, samples_.data() + b * kLanes, $dy$, $dx$);
