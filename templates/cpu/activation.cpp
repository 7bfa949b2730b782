// -- forward
activation_forward<$node$_shape>($x$, $y$);
// -- backward
activation_backward<$node$_shape>($x_or_y$, $dy$, $dx$);
