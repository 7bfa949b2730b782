// Reads records by the tables of their fields (ir/fields.hpp), and describes them for the schema.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ir/fields.hpp"
#include "spec/reader.hpp"

namespace castnet::codegen {

/// A record that is read by its table alone. A choice by name has a reader of its own.
template <class T>
concept ReadByTable = Recorded<T> && TableOf<T>::kSpelling != Spelling::named;

/// The key of a row of a record's table.
template <Recorded Record, std::size_t kRow>
Key<Record> record_key() {
  using T = typename std::remove_cvref_t<decltype(kField<Record, kRow>)>::Type;
  Key<Record> key;
  static_cast<FieldFacts&>(key) = kField<Record, kRow>;
  key.form = [](const KeyFacts& facts) { return form_of(Type<T>{}, facts); };
  key.read = [](Reader& reader, const YamlValue& value, const KeyFacts& facts, Record& out) {
    read_value(reader, value, facts, out.*kField<Record, kRow>.pointer);
  };
  return key;
}

/// The keys of a record of a kind, in the order of its table.
template <Recorded Record>
std::vector<Key<Record>> record_keys(std::size_t kind = 0) {
  std::vector<Key<Record>> keys;
  const auto add_all = [&]<std::size_t... kRows>(std::index_sequence<kRows...>) {
    (keys.push_back(record_key<Record, kRows>()), ...);
  };
  add_all(Rows<Record>{});
  std::erase_if(keys, [&](const Key<Record>& key) { return !holds(key, kind); });
  return keys;
}

template <class Owner>
std::vector<std::string_view> names_of(const std::vector<Key<Owner>>& keys) {
  std::vector<std::string_view> names;
  for (const Key<Owner>& key : keys) names.push_back(key.name);
  return names;
}

/// Whether a choice has only one field, with the choice's own name, whose value stands in its
/// place.
template <class Owner>
bool stands_alone(const std::vector<Key<Owner>>& keys, std::string_view choice) {
  return keys.size() == 1 && keys.front().name == choice;
}

template <ByKind Record>
void read_chosen(Reader& reader, const YamlValue& value, const KeyFacts& facts, Record& out) {
  using Kind = decltype(Record::kind);
  const auto choice = read_choice(reader, value, facts.name, kWords<Kind>);
  if (!choice) return;
  Record record = usual<Record>(static_cast<Kind>(choice->index));
  const std::vector<Key<Record>> keys = record_keys<Record>(choice->index);
  if (stands_alone(keys, choice->name)) {
    read_alone(reader, *choice, keys.front(), record);
  } else {
    read_settings(reader, *choice, keys, record);
  }
  out = std::move(record);
}

/// Reports a mapping whose fields all leave the record without effect.
template <Recorded Record>
void check_effect(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                  const Record& record) {
  bool effective = false;
  std::vector<std::string> wanted;
  for_each_field<Record>([&](const auto& row) {
    if (!row.zero_is_none) return;
    effective = effective || used(record, row);
    wanted.push_back(fmt::format("'{}'", row.name));
  });
  if (effective) return;
  const std::string last = std::exchange(wanted.back(), "");
  wanted.pop_back();
  reader.error(value.where, fmt::format("'{}' does nothing; give it {} or {}", facts.name,
                                        fmt::join(wanted, ", "), last));
}

/// A list of fields by their names, each at most once.
template <Recorded Record>
void read_items(Reader& reader, const YamlValue& value, const KeyFacts& facts, Record& out) {
  if (value.kind != YamlKind::sequence) {
    reader.error(value.where,
                 fmt::format("'{}' must be a list, as in '{}'", facts.name, facts.example));
    return;
  }
  const std::vector<Key<Record>> keys = record_keys<Record>();
  const std::vector<std::string_view> names = names_of(keys);
  Record record;
  std::set<std::size_t> seen;
  for (const YamlValue& item : value.items) {
    const auto choice = read_choice(reader, item, facts.name, names);
    if (!choice) continue;
    if (!seen.insert(choice->index).second) {
      reader.error(item.where, fmt::format("a second '{}'", choice->name));
      continue;
    }
    read_alone(reader, *choice, keys[choice->index], record);
  }
  out = std::move(record);
}

/// Reads any record in the form that its table gives.
template <ReadByTable Record>
void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, Record& out) {
  constexpr Spelling kSpelling = TableOf<Record>::kSpelling;
  if constexpr (kSpelling == Spelling::choice) {
    read_chosen(reader, value, facts, out);
  } else if constexpr (kSpelling == Spelling::list) {
    read_items(reader, value, facts, out);
  } else {
    Record record;
    const std::size_t before = reader.errors.size();
    if (kSpelling == Spelling::shorthand) {
      read_short(reader, value, facts, record_keys<Record>(), record);
    } else {
      read_mapping(reader, value, facts.name, record_keys<Record>(), record);
    }
    if (kSpelling == Spelling::effective && reader.errors.size() == before) {
      check_effect(reader, value, facts, record);
    }
    if constexpr (requires { record.where; }) record.where = value.where;
    out = std::move(record);
  }
}

/// A record that may be missing. If the field has a word for that, an empty value means the same,
/// so that a variant can undo the spec's setting.
template <Recorded Record>
void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                std::optional<Record>& out) {
  const bool none =
      value.kind == YamlKind::null || (value.kind == YamlKind::scalar && value.text == facts.bare);
  if (!facts.bare.empty() && none) return out.reset();
  if (!facts.bare.empty() && value.kind != YamlKind::mapping) {
    return report_type(reader, value, facts,
                       fmt::format("a mapping (key: value) or '{}'", facts.bare));
  }
  const std::size_t before = reader.errors.size();
  Record record;
  read_value(reader, value, facts, record);
  if (reader.errors.size() == before) out = std::move(record);
}

template <ByKind Record>
Form chosen_form() {
  Form form = form_of_kind(FormKind::choice);
  for (const std::string_view word : kWords<decltype(Record::kind)>) {
    const std::vector<Key<Record>> keys = record_keys<Record>(form.properties.size());
    const bool alone = stands_alone(keys, word);
    form.properties.push_back({std::string(word), alone ? std::string(keys.front().doc) : "", false,
                               alone ? keys.front().form(keys.front()) : mapping_form(keys)});
  }
  return form;
}

template <ReadByTable Record>
Form form_of(Type<Record>, const KeyFacts&) {
  constexpr Spelling kSpelling = TableOf<Record>::kSpelling;
  if constexpr (kSpelling == Spelling::choice) {
    return chosen_form<Record>();
  } else {
    const std::vector<Key<Record>> keys = record_keys<Record>();
    if (kSpelling == Spelling::shorthand) return short_form(keys);
    Form form = mapping_form(keys);
    if (kSpelling == Spelling::effective) form.least = 1;
    if (kSpelling == Spelling::list) form.kind = FormKind::choice;
    return kSpelling == Spelling::list ? list_of(std::move(form)) : form;
  }
}

template <Recorded Record>
Form form_of(Type<std::optional<Record>>, const KeyFacts& facts) {
  Form form = form_of(Type<Record>{}, facts);
  if (facts.bare.empty()) return form;
  return either({word_form({&facts.bare, 1}), std::move(form)});
}

}  // namespace castnet::codegen
