// How a source file is being compiled.
#pragma once

namespace castnet {

// Constants of internal linkage: a trainer's are not those of the runtime that it is linked with.

/// The compiler's name and version.
constexpr char kCompiler[] =
#if defined(__CUDACC_VER_MAJOR__)
    "nvcc, "
#endif
#if defined(__clang__)
    "Clang " __clang_version__;
#else
    "GCC " __VERSION__;
#endif

/// The processor's instruction sets that change what is computed, in how many lanes or with which
/// rounding: another processor's -march=native gives other bits.
constexpr char kInstructions[] =
#if defined(__x86_64__)
    "x86-64"
#elif defined(__aarch64__)
    "aarch64"
#else
        "other"
#endif
#ifdef __SSE4_2__
    " sse4.2"
#endif
#ifdef __AVX__
    " avx"
#endif
#ifdef __AVX2__
    " avx2"
#endif
#ifdef __FMA__
    " fma"
#endif
#ifdef __AVX512F__
    " avx512f"
#endif
#ifdef __AVX512BW__
    " avx512bw"
#endif
#ifdef __AVX512DQ__
    " avx512dq"
#endif
#ifdef __AVX512VL__
    " avx512vl"
#endif
#ifdef __AVX512BF16__
    " avx512bf16"
#endif
#ifdef __AMX_TILE__
    " amx"
#endif
#ifdef __ARM_FEATURE_SVE
    " sve"
#endif
    ;

}  // namespace castnet
