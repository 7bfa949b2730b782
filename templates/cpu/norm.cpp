// -- measure
norm_measure<$node$_shape>($x$, $measured$);
// -- sums
norm_sums<$node$_shape>($measured$, $scratch$);
// -- statistics
norm_statistics<$node$_shape>(mode, $scratch$, $saved$, $running_mean$, $running_var$);
// -- running
norm_running<$node$_shape>($running_mean$, $running_var$, $saved$);
// -- moments
norm_moments<$node$_shape>($measured$, $saved$);
// -- on_read
const NormalisedBlocks<$node$_shape, Real> $view${
    $x$, $weight$, $bias$, $saved$};
// -- forward
norm_forward<$node$_shape>($x$, $weight$, $bias$, $saved$, $y$);
// -- backward
norm_backward<$node$_shape>(
    $x$, $dy$, $weight$, $bias$, $saved$, $dx$, $d_weight$, $d_bias$);
// -- backward_sums
norm_backward_sums<$node$_shape>(
    $x$, $dy$, $weight$, $bias$, $saved$, $d_weight$, $d_bias$);
// -- backward_means
norm_backward_means<$node$_shape>($d_weight$, $d_bias$, $weight$, $means$);
// -- backward_input
norm_backward_input<$node$_shape>(
    $x$, $dy$, $weight$, $bias$, $saved$, $means$, $dx$);
