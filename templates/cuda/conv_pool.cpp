// Kernels of castnet: no member, as conv.cpp has one.
// -- members
// -- forward
conv_pool_forward<$node$_shape, $pool$_shape>(
    stream, mode, $x$, $weight$, $bias$, $saved$, $y$);
// -- backward_weight
conv_pool_backward_weight<$node$_shape, $pool$_shape>(
    stream, $x$, $dy$, $saved$, $scratch$, $d_weight$, $d_bias$);
// -- backward_data
conv_pool_backward_data<$node$_shape, $pool$_shape>(
    stream, $dy$, $saved$, $weight$, $dx$);
