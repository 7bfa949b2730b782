// -- headers
#include "kernels/cpu/add.hpp"
// -- accumulate
add<MapShape{kBatch, $oc$, $oh$, $ow$}>($a$, $b$, $y$);
