// -- headers
#include "cuda/convolution.hpp"
// -- members
ActivatedConvolution<$node$_shape, $activation$_shape> $node$_op{
    device(), "$node$", $gradients$};
// -- backward
$node$_op.backward(
    $y$, $dy$, $scratch$, $dz$, $d_bias$);
// -- backward_weight
$node$_op.backward_weight($x$, $dy$, $d_weight$);
// -- backward_asserts
static_assert($shape$.bias_scratch() <= $scratch_elements$);
