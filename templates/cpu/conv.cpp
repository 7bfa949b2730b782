// -- pack
conv_pack<$node$_shape>($weight$, $packed$);
// -- pack_asserts
static_assert(packed_elements($shape$) <= $packed_elements$);
// -- forward
conv_forward<$node$_shape>($x$, $packed$, $bias$, $y$, workspace());
// -- forward_measured
conv_forward_measured<$node$_shape>(
    $x$, $packed$, $bias$, $y$, $measured$, workspace());
// -- backward_weight
conv_backward_weight<$node$_shape>(
    $x$, $dy$, $d_weight$, $d_bias$, workspace());
// -- pack_data
conv_pack_data<$node$_shape>($weight$, $packed$);
// -- pack_data_asserts
static_assert(packed_data_elements($shape$) <= $packed_elements$);
// -- backward_data
conv_backward_data<$node$_shape>($dy$, $packed$, $dx$, workspace());
