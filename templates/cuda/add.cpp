// -- forward
add<$node$_shape>(stream, $x$, $x2$, $y$);
