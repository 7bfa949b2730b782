// The number type of generated programs: float, or double where gradients are checked numerically.
#pragma once

#ifndef CASTNET_REAL
#define CASTNET_REAL float
#endif

namespace castnet {
using Real = CASTNET_REAL;
}
