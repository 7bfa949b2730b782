// -- forward
prelu_forward<$node$_shape>(stream, $x$, $weight$, $y$);
// -- backward
prelu_backward<$node$_shape>(
    stream, $x$, $dy$, $weight$, $scratch$, $dx$, $d_weight$);
// -- backward_asserts
static_assert($shape$.scratch() <= $scratch_elements$);
