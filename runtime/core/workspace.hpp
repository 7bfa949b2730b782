// Workspace: a thread's memory for what its kernels compute with. Nothing in it outlives a kernel.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>

#include "core/threads.hpp"

namespace castnet {

/// Room for `Elements` values of T, 64-byte aligned; what lies in it is undefined.
template <class T, std::size_t Elements>
struct Workspace {
  T* data;

  /// Room for `Needed` values. A kernel that needs more than there is does not compile.
  template <std::size_t Needed>
  T* room() const {
    static_assert(Needed <= Elements, "a kernel needs a larger workspace");
    return data;
  }
};

/// `Count` workspaces, allocated once. The operating system gives memory to those alone that
/// threads write to.
template <class T, std::size_t Elements, int Count>
class Workspaces {
 public:
  Workspaces() : data_(static_cast<T*>(::operator new(kBytes, kAlign))) {}
  ~Workspaces() { ::operator delete(data_, kAlign); }
  Workspaces(const Workspaces&) = delete;
  Workspaces& operator=(const Workspaces&) = delete;

  /// For a parallel loop over up to `Count` things, shared out statically: no thread beyond the
  /// first `Count` then has any.
  Workspace<T, Elements> of_thread() const { return (*this)[thread_number()]; }
  Workspace<T, Elements> operator[](int i) const { return {data_ + std::size_t(i) * Elements}; }

 private:
  static constexpr std::size_t kBytes =
      std::max<std::size_t>(std::size_t(Count) * Elements, 1) * sizeof(T);
  static constexpr std::align_val_t kAlign{64};
  static_assert(Elements * sizeof(T) % 64 == 0, "workspaces lie apart in the cache");
  T* data_;
};

}  // namespace castnet
