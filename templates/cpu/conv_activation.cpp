// -- headers
#include "kernels/cpu/activation.hpp"
#include "kernels/cpu/conv_activation.hpp"
// -- forward
conv_activation_forward<$node$_shape, $activation$_shape>(
    $x$, $prepared$, $bias$, $y$, workspace());
// -- backward
activation_backward<$activation$_shape>($y$, $dy$, $dz$);
