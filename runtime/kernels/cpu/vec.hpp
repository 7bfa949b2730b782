// Native vectors by the compiler's vector extensions; the kLanes images of a pixel are kParts of
// them.
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/shapes.hpp"

namespace castnet::cpu {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
inline constexpr int kVectorRegisters = 32;
#elif defined(__AVX__)
inline constexpr int kVectorBytes = 32;
inline constexpr int kVectorRegisters = 16;
#elif defined(__aarch64__)
inline constexpr int kVectorBytes = 16;
inline constexpr int kVectorRegisters = 32;
#else
inline constexpr int kVectorBytes = 16;
inline constexpr int kVectorRegisters = 16;
#endif

template <class T>
struct VectorOf {
  typedef T type __attribute__((vector_size(kVectorBytes)));
  /// The same in memory: may alias T, and needs no more than T's alignment.
  typedef T stored __attribute__((vector_size(kVectorBytes), aligned(sizeof(T)), may_alias));
};

template <class T>
using Vec = typename VectorOf<T>::type;

/// Elements of a vector.
template <class T>
inline constexpr int kWidth = kVectorBytes / int(sizeof(T));

/// Vectors that hold the kLanes images of a pixel.
template <class T>
inline constexpr int kParts = kLanes / kWidth<T>;

template <class T>
[[gnu::always_inline]] inline Vec<T> load(const T* from) {
  return *reinterpret_cast<const typename VectorOf<T>::stored*>(from);
}

template <class T>
[[gnu::always_inline]] inline void store(T* to, Vec<T> value) {
  *reinterpret_cast<typename VectorOf<T>::stored*>(to) = value;
}

/// `value` in every element. (x - 0 is x for every x, so no subtraction is left.)
template <class T>
[[gnu::always_inline]] inline Vec<T> splat(T value) {
  return value - Vec<T>{};
}

/// Keeps `value` in a register: stops the compiler from loading it again at each use, which costs
/// the load ports what the multipliers need.
template <class T>
[[gnu::always_inline]] inline void hold([[maybe_unused]] Vec<T>& value) {
#if defined(__x86_64__)
  asm("" : "+v"(value));
#elif defined(__aarch64__)
  asm("" : "+w"(value));
#endif
}

/// `pointer`, of unknown origin to the compiler: stops it from carrying what overlapping reads
/// share from one iteration to the next, for which there are no registers left.
template <class T>
[[gnu::always_inline]] inline const T* conceal(const T* pointer) {
  asm("" : "+r"(pointer));
  return pointer;
}

/// The sum of a vector's elements, halves first: a fixed order.
template <class T>
[[gnu::always_inline]] inline T sum(Vec<T> value) {
  T element[kWidth<T>];
  store(element, value);
  for (int half = kWidth<T> / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) element[i] += element[i + half];
  }
  return element[0];
}

/// The vectors a and b as rows of segments of Length elements: each segment's halves added up,
/// those of a before those of b.
template <int Length, class T>
[[gnu::always_inline]] inline Vec<T> fold(Vec<T> a, Vec<T> b) {
  constexpr int kHalf = Length / 2;
#ifdef __CUDACC__  // tests of CUDA kernels: nvcc cannot pass on packs in this builtin
  T all[2 * kWidth<T>], halves[kWidth<T>];
  store(all, a);
  store(all + kWidth<T>, b);
  for (int i = 0; i < kWidth<T>; ++i) {
    const int first = i / kHalf * Length + i % kHalf;
    halves[i] = all[first] + all[first + kHalf];
  }
  return load(halves);
#else
  constexpr auto kPlaces = std::make_integer_sequence<int, kWidth<T> >{};
  return [&]<int... I>(std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (I / kHalf * Length + I % kHalf)...) +
           __builtin_shufflevector(a, b, (I / kHalf * Length + I % kHalf + kHalf)...);
  }
  (kPlaces);
#endif
}

/// to[i] += the sum of value[i]'s elements, halves first: a fixed order. Count is a power of two.
/// Overwrites `value`.
template <int Count, class T, int Length = kWidth<T>, int Vectors = Count>
[[gnu::always_inline]] inline void add_sums(Vec<T>* value, T* to) {
  if constexpr (Length > 1) {
    constexpr int kFolded = Vectors > 1 ? Vectors / 2 : 1;
#pragma GCC unroll 8
    for (int i = 0; i < kFolded; ++i) {
      value[i] = fold<Length, T>(value[2 * i], value[Vectors > 1 ? 2 * i + 1 : 0]);
    }
    add_sums<Count, T, Length / 2, kFolded>(value, to);
  } else {
    T total[Vectors * kWidth<T>];
#pragma GCC unroll 8
    for (int i = 0; i < Vectors; ++i) store(total + i * kWidth<T>, value[i]);
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) to[i] += total[i];
  }
}

/// One value for each of the kLanes images.
template <class T>
struct Lanes {
  Vec<T> part[kParts<T>] = {};

  static Lanes at(const T* from) {
    Lanes lanes;
    for (int i = 0; i < kParts<T>; ++i) lanes.part[i] = load(from + i * kWidth<T>);
    return lanes;
  }
  void put(T* to) const {
    for (int i = 0; i < kParts<T>; ++i) store(to + i * kWidth<T>, part[i]);
  }
  void add(const Lanes& other) {
    for (int i = 0; i < kParts<T>; ++i) part[i] += other.part[i];
  }
  /// The sum over the images, in a fixed order.
  T total() const {
    Vec<T> all = part[0];
    for (int i = 1; i < kParts<T>; ++i) all += part[i];
    return sum<T>(all);
  }
};

}  // namespace castnet::cpu
