// -- shapes
constexpr DropoutShape $node$_shape{
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .rate = $rate$, .per_channel = $per_channel$, .index = $index$};
// -- forward
dropout_forward<$node$_shape>(
    mode, step.seed, step.epoch, samples_.data(), $x$, $y$);
// -- backward
dropout_backward<$node$_shape>(
    step.seed, step.epoch, samples_.data(), $dy$, $dx$);
