// -- members
ActivatedConvolution<$node$_shape, $activation$_shape> $node$_op{
    device(), "$node$"};
// -- forward
$node$_op.forward($x$, $weight$, $bias$, $y$);
// -- backward
$node$_op.backward(
    $y$, $dy$, $scratch$, $dz$, $d_bias$);
// -- backward_weight
$node$_op.backward_weight($x$, $dy$, $d_weight$);
// -- backward_data
$node$_op.backward_data($dy$, $weight$, $dx$);
// -- backward_weight_asserts
static_assert($shape$.filter_scratch() <= $scratch_elements$);
// -- backward_asserts
static_assert($shape$.bias_scratch() <= $scratch_elements$);
