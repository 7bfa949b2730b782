// -- headers
#include "kernels/cpu/pool.hpp"
// -- forward
global_pool_forward<$node$_shape>($x$, $y$);
// -- backward
global_pool_backward<$node$_shape>($dy$, $dx$);
