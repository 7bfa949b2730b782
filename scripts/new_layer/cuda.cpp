// -- forward
skeleton_forward<$node$_shape>(stream, $x$, $y$);
// -- backward
skeleton_backward<$node$_shape>(stream, $x$, $dy$, $dx$);
