// Native vectors by the compiler's vector extensions; the kLanes images of a pixel are kParts of
// them.
#pragma once

#include <cstddef>
#include <utility>

#include "castnet_shared/shapes.hpp"

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

/// The vectors a and b as rows of segments of Length elements: each segment's halves added up, a's
/// and b's in turn.
template <int Length, class T>
[[gnu::always_inline]] inline Vec<T> fold(Vec<T> a, Vec<T> b) {
  constexpr int kHalf = Length / 2, kAll = kWidth<T>;
#if defined __CUDACC__ || (!defined __clang__ && __GNUC__ < 12)  // nvcc: no packs; GCC 11: none
  T of_a[kAll], of_b[kAll], halves[kAll];
  store(of_a, a);
  store(of_b, b);
  for (int i = 0; i < kAll; ++i) {
    halves[i] = i % Length < kHalf ? of_a[i] + of_a[i + kHalf] : of_b[i] + of_b[i - kHalf];
  }
  return load(halves);
#else
  constexpr auto kPlaces = std::make_integer_sequence<int, kAll>{};
  return [&]<int... I>(std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (I % Length < kHalf ? I : kAll + I)...) +
           __builtin_shufflevector(a, b, (I % Length < kHalf ? I + kHalf : kAll + I - kHalf)...);
  }
  (kPlaces);
#endif
}

/// The sums of the elements of Count <= kWidth<T> vectors, halves first: a fixed order. Vector i's
/// stands in element sum_place<T>(i). Overwrites `values`.
template <int Count, class T, int Length = kWidth<T> >
[[gnu::always_inline]] inline Vec<T> sums(Vec<T>* values) {
  if constexpr (Length == 1) {
    return values[0];
  } else {
    constexpr int kFolded = (Count + 1) / 2;
#pragma GCC unroll 16
    for (int i = 0; i < kFolded; ++i) {
      values[i] = fold<Length, T>(values[2 * i], values[2 * i + 1 < Count ? 2 * i + 1 : 2 * i]);
    }
    return sums<kFolded, T, Length / 2>(values);
  }
}

/// i with its bits in reverse order.
template <class T>
constexpr int sum_place(int i) {
  int place = 0;
  for (int bit = 1, to = kWidth<T> / 2; to > 0; bit *= 2, to /= 2) place |= (i & bit) != 0 ? to : 0;
  return place;
}

/// The sums of Count vectors' elements, kWidth<T> of them at a time as `sums` has them, one after
/// the other from `to`. Overwrites `values`.
template <int Count, class T>
[[gnu::always_inline]] inline void store_sums(Vec<T>* values, T* to) {
  constexpr int kFirst = Count < kWidth<T> ? Count : kWidth<T>;
  store(to, sums<kFirst, T>(values));
  if constexpr (Count > kFirst) store_sums<Count - kFirst>(values + kFirst, to + kFirst);
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
