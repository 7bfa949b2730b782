// -- forward
add<$node$_shape>($x$, $x2$, $y$);
