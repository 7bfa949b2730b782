// Elements of vector types, picked in any order.
#pragma once

namespace castnet {

/// A vector of the elements I of `a` and `b` one behind the other.
template <int... I, class V>
[[gnu::always_inline]] inline V pick_lanes(V a, V b) {
#if __has_builtin(__builtin_shufflevector)
  return __builtin_shufflevector(a, b, I...);
#else  // GCC 11
  return __builtin_shuffle(a, b, decltype(a < b){I...});
#endif
}

}  // namespace castnet
