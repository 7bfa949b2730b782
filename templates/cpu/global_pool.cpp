// -- shapes
constexpr GlobalPoolShape $node$_shape{
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$};
// -- forward
global_pool_forward<$node$_shape>($x$, $y$);
// -- backward
global_pool_backward<$node$_shape>($dy$, $dx$);
