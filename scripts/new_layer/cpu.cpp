// -- forward
skeleton_forward<$node$_shape>($x$, $y$);
// -- backward
skeleton_backward<$node$_shape>($x$, $dy$, $dx$);
