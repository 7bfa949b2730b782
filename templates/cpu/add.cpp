// -- shapes
constexpr AddShape $node$_shape{
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$};
// -- forward
add<$node$_shape>($x$, $x2$, $y$);
