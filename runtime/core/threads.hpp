// OpenMP's threads, of which there is one where the compiler has no OpenMP.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

namespace castnet {

#ifdef _OPENMP

/// How many threads the next parallel region has at most.
inline int thread_count() { return omp_get_max_threads(); }

inline void set_thread_count(int threads) { omp_set_num_threads(threads); }

/// This thread's number in the running region, from 0.
inline int thread_number() { return omp_get_thread_num(); }

#else

inline int thread_count() { return 1; }
inline void set_thread_count(int) {}
inline int thread_number() { return 0; }

#endif

}  // namespace castnet
