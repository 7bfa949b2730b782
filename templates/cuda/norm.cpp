// -- forward
norm_forward<$node$_shape>(
    stream, mode, $x$, $weight$, $bias$,
    $saved$, $running_mean$, $running_var$, $scratch$, $y$);
// -- statistics
norm_statistics<$node$_shape>(
    stream, mode, $x$, $saved$, $running_mean$, $running_var$, $scratch$);
// -- on_read
const Normalised<$node$_shape, Value> $view${
    $x$, $weight$, $bias$, $saved$};
// -- backward
norm_backward<$node$_shape>(
    stream, $x$, $dy$, $weight$, $bias$, $saved$,
    $scratch$, $dx$, $d_weight$, $d_bias$);
// -- forward_asserts
static_assert($shape$.scratch() <= $scratch_elements$);
// -- statistics_asserts
static_assert($shape$.scratch() <= $scratch_elements$);
// -- backward_asserts
static_assert($shape$.scratch() <= $scratch_elements$);
