// -- headers
#include "kernels/cuda/add.hpp"
// -- accumulate
add<SumShape<kBatch, $oc$, $oh$, $ow$>>(stream, $a$, $b$, $y$);
