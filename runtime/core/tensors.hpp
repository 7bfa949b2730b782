// Tables of the tensors of a program: what each is called, where it lies, how it starts, and how an
// optimizer updates it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string_view>

#include "core/slice.hpp"

namespace castnet {

/// How a tensor starts: uniform about its centre, or (a convolution's weights) passing its first
/// channels through: as torch.nn.init.dirac_, but for the output channels beyond the input's, which
/// stay uniform.
enum class Init { uniform, dirac };

/// Initial values: uniform in [centre - bound, centre + bound]; a constant where bound is 0.
struct Initial {
  double centre;
  double bound;
  Init init = Init::uniform;

  static constexpr Initial constant(double value) { return {value, 0}; }
  static constexpr Initial uniform(double bound) { return {0, bound}; }
  static constexpr Initial dirac(double bound) { return {0, bound, Init::dirac}; }
};

/// How the optimizer treats a tensor.
struct UpdateRule {
  double weight_decay = 0;
  double l1 = 0;
  double rate = 1;      ///< factor of the learning rate
  bool matrix = false;  ///< Muon takes it for the matrix [shape[0], elements / shape[0]]
  bool operator==(const UpdateRule&) const = default;
};

/// One named tensor in an arena, with PyTorch's name and shape (outermost first).
struct TensorInfo {
  const char* name;
  int rank;
  std::int64_t shape[4];
  std::size_t offset;  ///< elements from the start of its arena
  std::size_t elements;
  double centre;  ///< initial values, as those of Initial
  double bound;
  Init init;
  UpdateRule update = {};  ///< of a parameter
};

/// A row of a table of tensors; the table gives it its place.
constexpr TensorInfo tensor(const char* name, std::initializer_list<std::int64_t> shape,
                            Initial initial, UpdateRule update = {}) {
  TensorInfo info{name, 0, {}, 0, 1, initial.centre, initial.bound, initial.init, update};
  for (const std::int64_t extent : shape) {
    info.shape[info.rank++] = extent;
    info.elements *= static_cast<std::size_t>(extent);
  }
  return info;
}

/// The tensors of an arena: each begins where the one before it ends.
template <std::size_t Count>
struct TensorTable {
  std::array<TensorInfo, Count> tensors;

  constexpr std::size_t elements() const {
    return Count == 0 ? 0 : tensors.back().offset + tensors.back().elements;
  }
  /// The place of the tensor of that name. Does not compile where there is none.
  constexpr Slice operator[](std::string_view name) const {
    for (const TensorInfo& tensor : tensors) {
      if (tensor.name == name) return {tensor.offset, tensor.elements};
    }
    throw std::out_of_range("no tensor has this name");
  }
  constexpr operator std::span<const TensorInfo>() const { return tensors; }
};

/// The table of these rows, one behind the other.
template <class... Rows>
constexpr TensorTable<sizeof...(Rows)> chained(const Rows&... rows) {
  TensorTable<sizeof...(Rows)> table{{rows...}};
  std::size_t offset = 0;
  for (TensorInfo& tensor : table.tensors) {
    tensor.offset = offset;
    offset += tensor.elements;
  }
  return table;
}

/// Parameters that are updated alike.
struct ParameterGroup {
  Slice parameters;
  double weight_decay;
  double l1;
  double rate;  ///< factor of the learning rate
  int rows;     ///< of the matrix [rows, elements / rows] that Muon takes it for; 0: none
};

/// Groups that cover an arena in its order. At most `Most`, of which the first `count` are used.
template <std::size_t Most>
struct ParameterGroups {
  std::array<ParameterGroup, Most> groups = {};
  std::size_t count = 0;

  constexpr operator std::span<const ParameterGroup>() const { return {groups.data(), count}; }
};

/// Neighbours in the table that are updated alike, as one group. A matrix is one by itself.
template <std::size_t Count>
constexpr ParameterGroups<Count> groups_of(const TensorTable<Count>& table) {
  ParameterGroups<Count> result;
  for (std::size_t i = 0; i < Count; ++i) {
    const TensorInfo& tensor = table.tensors[i];
    const UpdateRule& rule = tensor.update;
    if (i > 0 && table.tensors[i - 1].update == rule && !rule.matrix) {
      result.groups[result.count - 1].parameters.elements += tensor.elements;
    } else {
      result.groups[result.count++] = {{tensor.offset, tensor.elements},
                                       rule.weight_decay,
                                       rule.l1,
                                       rule.rate,
                                       rule.matrix ? static_cast<int>(tensor.shape[0]) : 0};
    }
  }
  return result;
}

}  // namespace castnet
