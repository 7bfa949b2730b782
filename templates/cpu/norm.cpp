// -- forward
norm_forward<$node$_shape>(
    mode, $x$, $weight$, $bias$,
    $saved$, $running$, $scratch$, $y$);
// -- statistics
norm_statistics<$node$_shape>(
    mode, $x$, $saved$, $running$, $scratch$);
// -- on_read
const Normalised<$node$_shape, Real> $node${
    $x$, $weight$, $bias$, $saved$};
// -- backward
norm_backward<$node$_shape>(
    $x$, $dy$, $weight$, $bias$, $saved$,
    $scratch$, $dx$, $d_weight$, $d_bias$);
