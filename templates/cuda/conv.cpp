// -- headers
#include "cuda/convolution.hpp"
// -- members
Convolution<$node$_shape> $node$_op{device(), "$node$", $gradients$};
// -- forward
$node$_op.forward($x$, $weight$, $bias$, $y$);
// -- backward_weight
$node$_op.backward_weight(
    $x$, $dy$, $scratch$, $d_weight$, $d_bias$);
// -- backward_data
$node$_op.backward_data($dy$, $weight$, $dx$);
// -- backward_weight_asserts
static_assert($shape$.filter_scratch() <= $scratch_elements$);
