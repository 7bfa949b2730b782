// -- forward
channel_norm_forward<$node$_shape>(
    stream, $x$, $weight$, $bias$, $saved$, $y$);
// -- backward
channel_norm_backward<$node$_shape>(
    stream, $x$, $dy$, $weight$, $saved$, $scratch$, $dx$, $d_weight$, $d_bias$);
// -- backward_asserts
static_assert($shape$.scratch() <= $scratch_elements$);
