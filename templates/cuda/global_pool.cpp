// -- headers
#include "kernels/cuda/pool.hpp"
// -- forward
global_pool_forward<$node$_shape>(stream, $x$, $y$);
// -- backward
global_pool_backward<$node$_shape>(stream, $dy$, $dx$);
