// -- headers
#include "kernels/cpu/dropout.hpp"
// -- forward
norm_forward<$node$_shape>($x$, $weight$, $bias$, $saved$, $y$);
dropout_forward<$dropout$_shape>(
    mode, step.seed, step.epoch, samples_.data() + b * kLanes, $y$, $y$);
// -- backward
dropout_backward<$dropout$_shape>(
    step.seed, step.epoch, samples_.data() + b * kLanes, $dy$, $dx$);
norm_backward<$node$_shape>(
    $x$, $dx$, $weight$, $bias$, $saved$, $dx$, $d_weight$, $d_bias$);
// -- backward_sums
dropout_backward<$dropout$_shape>(
    step.seed, step.epoch, samples_.data() + b * kLanes, $dy$, $dx$);
norm_backward_sums<$node$_shape>(
    $x$, $dx$, $weight$, $bias$, $saved$, $d_weight$, $d_bias$);
// -- backward_input
norm_backward_input<$node$_shape>(
    $x$, $dx$, $weight$, $bias$, $saved$, $means$, $dx$);
