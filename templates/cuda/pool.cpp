// -- forward
pool_forward<$node$_shape>(stream, $x$, $y$);
// -- backward
pool_backward<$node$_shape>(stream, $x$, $dy$, $dx$);
