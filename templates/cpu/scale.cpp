// -- forward
scale_forward<$node$_shape>($x$, $x2$, $y$);
// -- backward
scale_backward<$node$_shape>($x$, $x2$, $dy$, $dx$, $dx2$);
