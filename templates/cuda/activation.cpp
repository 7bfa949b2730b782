// -- forward
activation_forward<$node$_shape>(stream, $x$, $y$);
// -- backward
activation_backward<$node$_shape>(stream, $x_or_y$, $dy$, $dx$);
