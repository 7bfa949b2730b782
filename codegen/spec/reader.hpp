// Reader: tables of keys, and what reads a YAML mapping into a plain struct by such a table.
//
// A key stands once, in a table: its name, its documentation, its range or its words, and the
// member that it fills. Those of records that other parts of the generator know, too, are the rows
// of ir/fields.hpp, which record.hpp reads by; the others are made here. read_mapping() reads by a
// table, and mapping_form() describes it for the schema. A member's type brings two functions
// along: read_value() and form_of().
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ir/spec.hpp"
#include "spec/form.hpp"
#include "spec/yaml_value.hpp"

namespace castnet::codegen {

/// All facts about a key except the member that it fills.
struct KeyFacts : FieldFacts {
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

/// A section that is read later, when the values that it depends on are known.
template <Form (*kForm)()>
struct Deferred {
  const YamlValue* value = nullptr;
};

/// Collects a spec's errors, and finds places inside of scalars.
class Reader {
 public:
  explicit Reader(const std::string& source = {});

  void error(const Location& where, std::string message);

  /// The place of a character of a scalar, or the scalar's start if it is folded or escaped.
  Location inside(const YamlValue& scalar, std::size_t offset) const;

  /// Calls `read`, which reads the value under a key, and notes its place if it was right.
  template <class Read>
  void under(std::string_view key, const Location& where, Read read) {
    const std::size_t length = path_.size();
    const std::size_t before = errors.size();
    if (length > 0) path_ += '.';
    path_.append(key);
    read();
    if (errors.size() == before) places_.insert_or_assign(path_, where);
    path_.resize(length);
  }

  /// The place of the value at a path, as --set takes it; null if there is none, or a wrong one.
  const Location* given(const std::string& path) const;

  std::vector<Diagnostic> errors;
  const std::vector<LayerSpec>* layers = nullptr;  ///< layers that may be named; null: unknown

 private:
  std::vector<std::string> lines_;
  std::string path_;
  std::map<std::string, Location> places_;
};

template <class Owner>
struct Key : KeyFacts {
  void (*read)(Reader&, const YamlValue&, const KeyFacts&, Owner&) = nullptr;

  /// The same key as a required one. `value` is an example for the message if it is missing.
  Key needed(std::string_view value) const {
    Key key = *this;
    key.required = true;
    key.example = value;
    return key;
  }
};

/// Readers of one value. On an error they report it and leave `out` unchanged.
void read_value(Reader&, const YamlValue&, const KeyFacts&, int& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::int64_t& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::uint64_t& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, double& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, bool& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::vector<int>& out);
void read_value(Reader&, const YamlValue&, const KeyFacts&, std::vector<double>& out);

/// The index of a scalar in `words`. Otherwise reports an error that suggests the nearest word, and
/// returns nothing.
std::optional<std::size_t> read_word(Reader&, const YamlValue&, std::string_view what, Words words);

/// " from 1 to 10", for the text after a number's type; empty if every number is allowed.
std::string describe(const Range& range);

/// "must be EXPECTED and within the key's range, not VALUE".
void report_type(Reader&, const YamlValue&, const KeyFacts&, std::string_view expected);

/// The words of an enumeration that a key takes.
template <Worded Enum>
Words words_of(const FieldFacts& facts) {
  return facts.words.empty() ? Words(kWords<Enum>) : facts.words;
}

template <Worded Enum>
void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, Enum& out) {
  const Words words = words_of<Enum>(facts);
  if (value.kind == YamlKind::null && !facts.bare.empty()) {
    out = *from_word<Enum>(facts.bare);
  } else if (const auto index = read_word(reader, value, facts.name, words)) {
    out = *from_word<Enum>(words[*index]);
  }
}

template <Form (*kForm)()>
void read_value(Reader&, const YamlValue& value, const KeyFacts&, Deferred<kForm>& out) {
  out.value = &value;
}

template <class T>
void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, Maybe<T>& out) {
  const std::size_t before = reader.errors.size();
  T given{};
  read_value(reader, value, facts, given);
  if (reader.errors.size() == before) out = Given<T>{std::move(given), value.where};
}

/// Like read_value(), but the message says what else the value could be. Returns whether the value
/// was right.
template <class T>
bool read_or(Reader& reader, const YamlValue& value, const KeyFacts& facts, T& out,
             std::string_view other) {
  const std::size_t before = reader.errors.size();
  read_value(reader, value, facts, out);
  if (reader.errors.size() == before) return true;
  reader.errors.back().message.append(", or ").append(other);
  return false;
}

/// Stands for a type in the overloads of form_of(), which return the form of its values.
template <class T>
struct Type {};

Form form_of(Type<int>, const KeyFacts& facts);
Form form_of(Type<double>, const KeyFacts& facts);
Form form_of(Type<bool>, const KeyFacts& facts);
inline Form form_of(Type<std::int64_t>, const KeyFacts& f) { return form_of(Type<int>{}, f); }
inline Form form_of(Type<std::uint64_t>, const KeyFacts& f) { return form_of(Type<int>{}, f); }

template <Worded Enum>
Form form_of(Type<Enum>, const KeyFacts& facts) {
  Form form = word_form(words_of<Enum>(facts));
  form.optional = !facts.bare.empty();
  return form;
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
Key<Owner> make_key(std::string_view name, std::string_view doc, Range range = {}) {
  using T = std::remove_cvref_t<decltype(std::declval<Owner&>().*Member)>;
  Key<Owner> key;
  key.name = name;
  key.doc = doc;
  key.range = range;
  key.form = [](const KeyFacts& facts) { return form_of(Type<T>{}, facts); };
  key.read = [](Reader& reader, const YamlValue& value, const KeyFacts& facts, Owner& out) {
    read_value(reader, value, facts, out.*Member);
  };
  return key;
}

/// Reports a value that is not a mapping. A missing value counts as an empty mapping.
bool check_mapping(Reader&, const YamlValue&, std::string_view section);

/// Reports an unknown key. `section` is the key above the mapping, empty at the top level.
void report_unknown(Reader&, const Entry&, std::string_view section, Words known);

/// Reports a key that exists, but not for this kind of layer. `known` are the keys of the kind.
void report_misplaced(Reader&, const Entry&, std::string_view section, Words known);

/// Reports a missing required key.
void report_missing(Reader&, const Location&, std::string_view section, const KeyFacts& key);

/// Whether a kind of layer has a key; `kind` 0 stands for every kind.
inline bool applies(const KeyFacts& key, char kind) {
  return !kind || token_kind(kind).has(key.name);
}

/// Fills `out` from a mapping. Unknown keys, keys that the `kind` of layer does not have, and
/// missing keys are errors.
template <class Owner>
void read_mapping(Reader& reader, const YamlValue& value, std::string_view section,
                  const std::vector<Key<Owner>>& keys, Owner& out, char kind = 0) {
  if (!check_mapping(reader, value, section)) return;
  std::vector<std::string_view> known;
  for (const Key<Owner>& key : keys) {
    if (applies(key, kind)) known.push_back(key.name);
    if (key.required && !value.find(key.name)) {
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
      reader.under(entry.key, entry.value.where,
                   [&] { key->read(reader, entry.value, *key, out); });
    }
  }
}

template <class Owner>
Form mapping_form(const std::vector<Key<Owner>>& keys, char kind = 0) {
  Form form;
  for (const Key<Owner>& key : keys) {
    if (!applies(key, kind)) continue;
    form.properties.push_back(
        {std::string(key.name), std::string(key.doc), key.required, key.form(key)});
  }
  return form;
}

/// A mapping whose first key's value may stand for it: `crop: 4` for `crop: {padding: 4}`.
template <class Owner>
void read_short(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                const std::vector<Key<Owner>>& keys, Owner& out) {
  if (value.kind == YamlKind::mapping) return read_mapping(reader, value, facts.name, keys, out);
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
  const YamlValue* settings = nullptr;  ///< null for a bare name
};
std::optional<Choice> read_choice(Reader&, const YamlValue&, std::string_view what, Words words);

/// The value under a choice's name. A bare name has none, which must be allowed.
inline YamlValue settings_of(const Choice& choice) {
  YamlValue none;
  none.where = choice.where;
  return choice.settings ? *choice.settings : none;
}

/// Reads the settings of a choice as a mapping.
template <class Owner>
void read_settings(Reader& reader, const Choice& choice, const std::vector<Key<Owner>>& keys,
                   Owner& out) {
  const YamlValue value = settings_of(choice);
  reader.under(choice.name, value.where,
               [&] { read_mapping(reader, value, choice.name, keys, out); });
}

/// Reads the settings of a choice as the value of one key.
template <class Owner>
void read_alone(Reader& reader, const Choice& choice, const Key<Owner>& key, Owner& out) {
  const YamlValue value = settings_of(choice);
  reader.under(choice.name, value.where, [&] { key.read(reader, value, key, out); });
}

}  // namespace castnet::codegen
