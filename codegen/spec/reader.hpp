// Reader: tables of keys, and what reads a YAML mapping into a plain struct by such a table.
//
// A key stands once, in a table: its name, its documentation, its range or its words, and the
// member that it fills. read_mapping() reads by the table, and mapping_form() describes it for the
// schema. A member's type brings two functions along: read_value() and form_of().
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ir/spec.hpp"
#include "spec/form.hpp"
#include "spec/value.hpp"

namespace castnet::codegen {

/// All of a key but the member that it fills.
struct KeyFacts {
  std::string_view name;
  std::string_view doc;
  Range range = {};
  Words words = {};                 ///< an enum's values in their order
  std::string_view needed_as = {};  ///< how a required key might stand; empty: not required
  Form (*form)(const KeyFacts&) = nullptr;
};

/// A value that was given, with its place.
template <class T>
struct Given {
  T value{};
  Location where;
};
template <class T>
using Maybe = std::optional<Given<T>>;

/// A section that is read later, when what it depends on is known.
template <Form (*kForm)()>
struct Deferred {
  const Value* value = nullptr;
};

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

  /// The same key, required; `example` is how it might stand, for the message where it is missing.
  Key needed(std::string_view example) const {
    Key key = *this;
    key.needed_as = example;
    return key;
  }
};

/// Readers of one value; they report what is wrong and leave `out` alone then.
void read_value(Reader&, const Value&, const KeyFacts&, int& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::int64_t& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::uint64_t& out);
void read_value(Reader&, const Value&, const KeyFacts&, double& out);
void read_value(Reader&, const Value&, const KeyFacts&, bool& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::vector<int>& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::vector<double>& out);

/// The place of a scalar in `words`, or nothing and an error that suggests the nearest.
std::optional<std::size_t> read_word(Reader&, const Value&, std::string_view what, Words words);

/// "must be EXPECTED and within the key's range, not VALUE".
void report_type(Reader&, const Value&, const KeyFacts&, std::string_view expected);

template <class Enum>
requires std::is_enum_v<Enum>
void read_value(Reader& reader, const Value& value, const KeyFacts& facts, Enum& out) {
  if (const auto index = read_word(reader, value, facts.name, facts.words)) {
    out = static_cast<Enum>(*index);
  }
}

template <Form (*kForm)()>
void read_value(Reader&, const Value& value, const KeyFacts&, Deferred<kForm>& out) {
  out.value = &value;
}

template <class T>
void read_value(Reader& reader, const Value& value, const KeyFacts& facts, Maybe<T>& out) {
  const std::size_t before = reader.errors.size();
  T given{};
  read_value(reader, value, facts, given);
  if (reader.errors.size() == before) out = Given<T>{std::move(given), value.where};
}

/// As read_value(), of what might be something else, too, which the message says. Returns whether
/// it was right.
template <class T>
bool read_or(Reader& reader, const Value& value, const KeyFacts& facts, T& out,
             std::string_view other) {
  const std::size_t before = reader.errors.size();
  read_value(reader, value, facts, out);
  if (reader.errors.size() == before) return true;
  reader.errors.back().message.append(", or ").append(other);
  return false;
}

/// Stands for a type in the overloads of form_of(), which say what such a value may look like.
template <class T>
struct Type {};

Form form_of(Type<int>, const KeyFacts& facts);
Form form_of(Type<double>, const KeyFacts& facts);
Form form_of(Type<bool>, const KeyFacts& facts);
inline Form form_of(Type<std::int64_t>, const KeyFacts& f) { return form_of(Type<int>{}, f); }
inline Form form_of(Type<std::uint64_t>, const KeyFacts& f) { return form_of(Type<int>{}, f); }

template <class Enum>
requires std::is_enum_v<Enum> Form form_of(Type<Enum>, const KeyFacts& facts) {
  return word_form(facts.words);
}

template <class T>
Form form_of(Type<std::vector<T>>, const KeyFacts& facts) {
  return list_of(form_of(Type<T>{}, facts), 1);
}

template <Form (*kForm)()>
Form form_of(Type<Deferred<kForm>>, const KeyFacts&) {
  return kForm();
}

template <class T>
Form form_of(Type<Maybe<T>>, const KeyFacts& facts) {
  return form_of(Type<T>{}, facts);
}

/// A row of a table: the key that fills `Member`.
template <class Owner, auto Member>
Key<Owner> make_key(std::string_view name, std::string_view doc, Range range = {},
                    Words words = {}) {
  using Field = std::remove_cvref_t<decltype(std::declval<Owner&>().*Member)>;
  Key<Owner> key;
  key.name = name;
  key.doc = doc;
  key.range = range;
  key.words = words;
  key.form = [](const KeyFacts& facts) { return form_of(Type<Field>{}, facts); };
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

/// Reports a required key that is not there.
void report_missing(Reader&, const Location&, std::string_view section, const KeyFacts& key);

/// Whether a key is one of a kind of layer's; `kind` 0 is every kind.
inline bool applies(const KeyFacts& key, char kind) {
  return !kind || token_kind(kind).has(key.name);
}

/// Fills `out` from a mapping; unknown keys, keys that are not for layers of `kind`, and missing
/// ones are errors.
template <class Owner>
void read_mapping(Reader& reader, const Value& value, std::string_view section,
                  const std::vector<Key<Owner>>& keys, Owner& out, char kind = 0) {
  if (!check_mapping(reader, value, section)) return;
  std::vector<std::string_view> known;
  for (const Key<Owner>& key : keys) {
    if (applies(key, kind)) known.push_back(key.name);
    if (!key.needed_as.empty() && !value.find(key.name)) {
      report_missing(reader, value.where, section, key);
    }
  }
  for (const Entry& entry : value.entries) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key<Owner>& one) { return one.name == entry.key; });
    if (key == keys.end()) {
      report_unknown(reader, entry, section, known);
    } else if (!applies(*key, kind)) {
      report_misplaced(reader, entry, section, known);
    } else {
      key->read(reader, entry.value, *key, out);
    }
  }
}

template <class Owner>
Form mapping_form(const std::vector<Key<Owner>>& keys, char kind = 0) {
  Form form;
  for (const Key<Owner>& key : keys) {
    if (!applies(key, kind)) continue;
    form.properties.push_back(
        {std::string(key.name), std::string(key.doc), !key.needed_as.empty(), key.form(key)});
  }
  return form;
}

/// A mapping whose first key may stand for it: `crop: 4` for `crop: {padding: 4}`.
template <class Owner>
void read_short(Reader& reader, const Value& value, const KeyFacts& facts,
                const std::vector<Key<Owner>>& keys, Owner& out) {
  if (value.kind == ValueKind::mapping) return read_mapping(reader, value, facts.name, keys, out);
  KeyFacts first = keys.front();
  first.name = facts.name;
  keys.front().read(reader, value, first, out);
}

template <class Owner>
Form short_form(const std::vector<Key<Owner>>& keys) {
  return either({keys.front().form(keys.front()), mapping_form(keys)});
}

/// One of several choices, given by its name or as {name: {its settings}}.
struct Choice {
  std::size_t index = 0;
  std::string_view name;
  Location where;
  const Value* settings = nullptr;  ///< null for a bare name
};
std::optional<Choice> read_choice(Reader&, const Value&, std::string_view what, Words words);

/// Reads the settings of a choice; a bare name has none, which must be enough.
template <class Owner>
void read_settings(Reader& reader, const Choice& choice, const std::vector<Key<Owner>>& keys,
                   Owner& out) {
  Value none;
  none.where = choice.where;
  read_mapping(reader, choice.settings ? *choice.settings : none, choice.name, keys, out);
}

/// The form of a choice whose settings `keys_of(index)` gives.
template <class KeysOf>
Form choice_form(Words words, KeysOf keys_of) {
  Form form = form_of_kind(FormKind::choice);
  for (std::size_t i = 0; i < words.size(); ++i) {
    form.properties.push_back({std::string(words[i]), "", false, mapping_form(keys_of(i))});
  }
  return form;
}

}  // namespace castnet::codegen
