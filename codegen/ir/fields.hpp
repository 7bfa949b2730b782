// Fields: all facts about a record's members, each declared once. The reader of specs, its
// messages, the JSON Schema, `castnet diff`, the emitted recipe and the tables of docs/spec.md use
// these tables. A field has its member's type and the record's default.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "ir/spec.hpp"
#include "ir/words.hpp"

namespace castnet::codegen {

/// The numbers that a field accepts. `open_least` and `open_most` exclude the bound itself.
struct Range {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open_least = false;
  bool open_most = false;
};
constexpr Range from_to(double least, double most) { return {least, most, false, false}; }
constexpr Range above_to(double least, double most) { return {least, most, true, false}; }
constexpr Range from_below(double least, double most) { return {least, most, false, true}; }
constexpr Range from(double least) { return {.least = least}; }

inline constexpr std::uint32_t kAllKinds = ~std::uint32_t{0};

/// All facts about a field except its member.
struct FieldFacts {
  std::string_view name = {};  ///< its name in specs
  std::string_view doc = {};   ///< its meaning in one line
  std::string_view unit = {};
  Range range = {};
  std::string_view rule = {};  ///< a further condition, for documentation
  Words words = {};            ///< the words that it accepts; empty: all words of the member's type
  std::string_view example = {};    ///< a value as it might stand in a spec
  std::string_view beside = {};     ///< other fields that the example needs beside it
  std::uint32_t kinds = kAllKinds;  ///< bit i: records of the i-th kind have the field
  bool required = false;
  bool zero_is_none = false;         ///< 0, `none` and an empty list leave the field unused
  std::string_view bare = {};        ///< the word for which a missing value stands
  std::string_view member = {};      ///< its name in generated source, if that is not `name`
  bool elsewhere = false;            ///< whether generated source has it outside of the recipe
  std::string (*usual)() = nullptr;  ///< the default in words, if it is not only the record's
};

template <class Record, class T>
struct Field : FieldFacts {
  using Type = T;
  T Record::*pointer = nullptr;
};

/// A row of a table.
template <class Record, class T>
constexpr Field<Record, T> field(T Record::*pointer, const FieldFacts& facts) {
  Field<Record, T> row;
  static_cast<FieldFacts&>(row) = facts;
  row.pointer = pointer;
  return row;
}

/// The kinds of a record that have a field.
template <class... Enum>
constexpr std::uint32_t kinds(Enum... kind) {
  return ((std::uint32_t{1} << static_cast<unsigned>(kind)) | ...);
}

/// The form of a record in a spec.
enum class Spelling {
  mapping,    ///< {field: value, …}
  effective,  ///< such a mapping; a field with `zero_is_none` must be given
  shorthand,  ///< such a mapping, or the first field's value alone
  choice,  ///< its `kind`, or {kind: {field: value, …}}, or {kind: value} if a field has that name
  named,   ///< like `choice`, with a name in place of `kind`
  list     ///< [{field: value}, …], each at most once, in any order
};

/// The table of a record. `kTitle` is its section in docs/spec.md, `kSpelling` its form, and
/// `kFields` a tuple in the order of the record's members. A choice may define `usual(kind)`.
template <class Record>
struct TableOf;

template <class T>
concept Recorded = requires {
  TableOf<T>::kFields;
};

template <class T>
concept ByKind = Recorded<T> && TableOf<T>::kSpelling == Spelling::choice;

/// The indices of a table's rows, for a fold over them.
template <Recorded Record>
using Rows = std::make_index_sequence<std::tuple_size_v<decltype(TableOf<Record>::kFields)>>;

template <Recorded Record, std::size_t kRow>
inline constexpr const auto& kField = std::get<kRow>(TableOf<Record>::kFields);

/// Calls `visit` with each field of a record, in order.
template <Recorded Record, class Visit>
constexpr void for_each_field(Visit visit) {
  const auto visit_all = [&]<std::size_t... kRows>(std::index_sequence<kRows...>) {
    (visit(kField<Record, kRows>), ...);
  };
  visit_all(Rows<Record>{});
}

/// The default of a record of this kind.
template <ByKind Record>
Record usual(decltype(Record::kind) kind) {
  if constexpr (requires { TableOf<Record>::usual(kind); }) {
    return TableOf<Record>::usual(kind);
  } else {
    Record record;
    record.kind = kind;
    return record;
  }
}

/// The index of a record's kind among all kinds; 0 for a record without kinds.
template <Recorded Record>
constexpr std::size_t kind_of(const Record& record) {
  if constexpr (ByKind<Record>) {
    return static_cast<std::size_t>(record.kind);
  } else if constexpr (requires { TableOf<Record>::kind_of(record); }) {
    return TableOf<Record>::kind_of(record);
  } else {
    return 0;
  }
}

/// The word with which a choice begins.
template <Recorded Record>
constexpr std::string_view kind_word(const Record& record) {
  if constexpr (ByKind<Record>) {
    return to_word(record.kind);
  } else {
    return record.name;
  }
}

constexpr bool holds(const FieldFacts& field, std::size_t kind) {
  return (field.kinds >> kind & 1) != 0;
}

/// Whether a value is 0, the word `none`, or empty.
template <class T>
constexpr bool is_none(const T& value) {
  if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else if constexpr (ByKind<T>) {
    return kind_of(value) == 0;
  } else {
    return value == T{};
  }
}

/// Whether a record uses a field: its kind has the field, and the value has an effect.
template <class Record, class T>
constexpr bool used(const Record& record, const Field<Record, T>& one) {
  const T& value = record.*one.pointer;
  const bool optional = requires { value.has_value(); };
  return holds(one, kind_of(record)) && !((one.zero_is_none || optional) && is_none(value));
}

/// The name of the field that stands for a member.
template <Recorded Record, class T>
constexpr std::string_view name_of(T Record::*pointer) {
  std::string_view name;
  for_each_field<Record>([&](const auto& one) {
    if constexpr (std::is_same_v<decltype(one.pointer), T Record::*>) {
      if (name.empty() && one.pointer == pointer) name = one.name;
    }
  });
  return name;
}

}  // namespace castnet::codegen
