// -- shapes
constexpr ActShape $node$_shape{
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .act = Act::$act$, .slope = $slope$};
// -- forward
activation_forward<$node$_shape>($x$, $y$);
// -- backward
activation_backward<$node$_shape>($x_or_y$, $dy$, $dx$);
