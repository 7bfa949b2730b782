// -- forward
scale_forward<$node$_shape>(stream, $x$, $x2$, $y$);
// -- backward
scale_backward<$node$_shape>(stream, $x$, $x2$, $dy$, $dx$, $dx2$);
