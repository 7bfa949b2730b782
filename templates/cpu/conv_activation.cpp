// -- headers
#include "kernels/cpu/activation.hpp"
#include "kernels/cpu/conv_activation.hpp"
// -- forward
conv_activation_forward<$node$_shape, $activation$_shape>(
    $x$, $packed$, $bias$, $y$, workspace());
// -- backward
activation_backward<$activation$_shape>($y$, $dy$, $dz$);
