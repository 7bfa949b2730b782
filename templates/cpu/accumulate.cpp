// -- headers
#include "kernels/cpu/add.hpp"
// -- accumulate
add<AddShape{kBatch, $oc$, $oh$, $ow$}>($a$, $b$, $y$);
