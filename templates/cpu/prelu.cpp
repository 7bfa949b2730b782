// -- forward
prelu_forward<$node$_shape>($x$, $weight$, $y$);
// -- backward
prelu_backward<$node$_shape>($x$, $dy$, $weight$, $dx$, $d_weight$);
