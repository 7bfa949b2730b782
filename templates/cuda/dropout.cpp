// -- forward
dropout_forward<$node$_shape>(
    stream, mode, step_, samples_, $x$, $y$);
// -- backward
dropout_backward<$node$_shape>(
    stream, step_, samples_, $dy$, $dx$);
