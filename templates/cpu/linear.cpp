// -- forward
linear_forward<$node$_shape>($x$, $weight$, $bias$, $y$);
// -- backward_weight
linear_backward_weight<$node$_shape>($x$, $dy$, $d_weight$, $d_bias$);
// -- backward_data
linear_backward_data<$node$_shape>($dy$, $weight$, $dx$);
