// -- forward
pool_forward<$node$_shape>($x$, $y$);
// -- backward
pool_backward<$node$_shape>($x$, $dy$, $dx$);
