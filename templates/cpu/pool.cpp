// -- shapes
constexpr PoolShape $node$_shape{
    .batch = kBatch, .channels = $c$, .in_height = $h$, .in_width = $w$,
    .kernel = $kernel$, .stride = $stride$, .padding = $padding$, .average = $average$};
// -- forward
pool_forward<$node$_shape>($x$, $y$);
// -- backward
pool_backward<$node$_shape>($x$, $dy$, $dx$);
