// Handles that were given out and not destroyed: anything else is refused.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

namespace castnet::host_cuda {

template <class Object>
class Handles {
 public:
  template <class... Arguments>
  Object* create(Arguments&&... arguments) {
    auto object = std::make_unique<Object>(Object{std::forward<Arguments>(arguments)...});
    Object* const handle = object.get();
    objects_.emplace(handle, std::move(object));
    return handle;
  }
  bool destroy(Object* handle) { return objects_.erase(handle) == 1; }
  bool has(Object* handle) const { return objects_.count(handle) == 1; }
  std::size_t size() const { return objects_.size(); }
  auto begin() const { return objects_.begin(); }
  auto end() const { return objects_.end(); }

 private:
  std::map<Object*, std::unique_ptr<Object>> objects_;
};

/// All handles of a type. Never destroyed: static objects may own handles.
template <class Object>
Handles<Object>& handles() {
  static Handles<Object>* const all = new Handles<Object>;
  return *all;
}

}  // namespace castnet::host_cuda
