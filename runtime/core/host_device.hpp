// Functions that kernels of every target call.
#pragma once

#ifdef __CUDACC__
#define CASTNET_HOST_DEVICE __host__ __device__
#else
#define CASTNET_HOST_DEVICE
#endif
