// Reader: tables of keys, and what reads a YAML mapping into a plain struct by such a table.
//
// A key stands once, in a table: its name, its documentation, its range or its words, and the
// member that it fills. read_mapping() reads by the table; messages and documentation come from the
// same row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ir/spec.hpp"
#include "spec/value.hpp"

namespace castnet::codegen {

/// Which numbers a key takes. `open_least` and `open_most` leave out the bound itself.
struct Range {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open_least = false;
  bool open_most = false;
};
constexpr Range from_to(double least, double most) { return {least, most, false, false}; }
constexpr Range above_to(double least, double most) { return {least, most, true, false}; }
constexpr Range from_below(double least, double most) { return {least, most, false, true}; }

/// What a key's value is; `other` has a reader of its own.
enum class KeyType { integer, number, boolean, word, other };

using Words = std::span<const std::string_view>;

/// All of a key but the member that it fills.
struct KeyFacts {
  std::string_view name;
  std::string_view doc;
  KeyType type = KeyType::other;
  Range range = {};
  Words words = {};                  ///< type word: the enum's values in their order
  std::string_view applies_to = {};  ///< letters of layer kinds (CcDPGF); empty: all
};

/// A value that was given, with its place.
template <class T>
struct Given {
  T value{};
  Location where;
};
template <class T>
using Maybe = std::optional<Given<T>>;

/// Collects a spec's errors, and finds places inside of scalars.
class Reader {
 public:
  explicit Reader(const std::string& source = {});

  void error(const Location& where, std::string message);

  /// The place of a character of a scalar; the scalar's start where it stands folded or escaped.
  Location inside(const Value& scalar, std::size_t offset) const;

  std::vector<Diagnostic> errors;

 private:
  std::vector<std::string> lines_;
};

template <class Owner>
struct Key : KeyFacts {
  void (*read)(Reader&, const Value&, const KeyFacts&, Owner&) = nullptr;
};

/// Readers of one value; they report what is wrong and leave `out` alone then.
void read_value(Reader&, const Value&, const KeyFacts&, int& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::int64_t& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::uint64_t& out);
void read_value(Reader&, const Value&, const KeyFacts&, double& out);
void read_value(Reader&, const Value&, const KeyFacts&, bool& out);
void read_value(Reader&, const Value&, const KeyFacts&, const Value*& out);

/// The place of a scalar in `words`, or nothing and an error that suggests the nearest.
std::optional<std::size_t> read_word(Reader&, const Value&, std::string_view what, Words words);

template <class Enum>
requires std::is_enum_v<Enum>
void read_value(Reader& reader, const Value& value, const KeyFacts& facts, Enum& out) {
  if (const auto index = read_word(reader, value, facts.name, facts.words)) {
    out = static_cast<Enum>(*index);
  }
}

template <class T>
void read_value(Reader& reader, const Value& value, const KeyFacts& facts, Maybe<T>& out) {
  const std::size_t before = reader.errors.size();
  T given{};
  read_value(reader, value, facts, given);
  if (reader.errors.size() == before) out = Given<T>{std::move(given), value.where};
}

template <class T>
struct Underlying {
  using type = T;
};
template <class T>
struct Underlying<Maybe<T>> {
  using type = T;
};

template <class T>
constexpr KeyType key_type() {
  using U = typename Underlying<T>::type;
  if constexpr (std::is_same_v<U, bool>) return KeyType::boolean;
  if constexpr (std::is_integral_v<U>) return KeyType::integer;
  if constexpr (std::is_same_v<U, double>) return KeyType::number;
  if constexpr (std::is_enum_v<U>) return KeyType::word;
  return KeyType::other;
}

/// A row of a table: the key that fills `Member`.
template <class Owner, auto Member>
Key<Owner> make_key(std::string_view name, std::string_view doc, Range range = {}, Words words = {},
                    std::string_view applies_to = {}) {
  using Field = std::remove_cvref_t<decltype(std::declval<Owner&>().*Member)>;
  Key<Owner> key;
  static_cast<KeyFacts&>(key) = {name, doc, key_type<Field>(), range, words, applies_to};
  key.read = [](Reader& reader, const Value& value, const KeyFacts& facts, Owner& out) {
    read_value(reader, value, facts, out.*Member);
  };
  return key;
}

/// Reports a value that is no mapping (nothing at all counts as an empty one).
bool check_mapping(Reader&, const Value&, std::string_view section);

/// Reports an unknown key. `section` is the key that the mapping stands under, empty at the top.
void report_unknown(Reader&, const Entry&, std::string_view section, Words known);

/// Reports a key that exists, but not for the kind of layer that the section is of;
/// `known` are those that are.
void report_misplaced(Reader&, const Entry&, std::string_view section, Words known);

/// Fills `out` from a mapping; unknown keys, and keys that are not for layers of `kind`, are
/// errors.
template <class Owner>
void read_mapping(Reader& reader, const Value& value, std::string_view section,
                  const std::vector<Key<Owner>>& keys, Owner& out, char kind = 0) {
  if (!check_mapping(reader, value, section)) return;
  std::vector<std::string_view> known;
  for (const Key<Owner>& key : keys) {
    if (!kind || key.applies_to.empty() || key.applies_to.find(kind) != std::string_view::npos) {
      known.push_back(key.name);
    }
  }
  for (const Entry& entry : value.entries) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key<Owner>& one) { return one.name == entry.key; });
    if (key == keys.end()) {
      report_unknown(reader, entry, section, known);
    } else if (std::find(known.begin(), known.end(), key->name) == known.end()) {
      report_misplaced(reader, entry, section, known);
    } else {
      key->read(reader, entry.value, *key, out);
    }
  }
}

/// One of several choices, given by its name or as {name: {its settings}}.
struct Choice {
  std::size_t index = 0;
  const Value* settings = nullptr;  ///< null for a bare name
};
std::optional<Choice> read_choice(Reader&, const Value&, std::string_view what, Words words);

}  // namespace castnet::codegen
