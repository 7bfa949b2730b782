// YamlValue: a YAML document as a plain tree with places, free of aliases, tags and duplicate keys.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/spec.hpp"

namespace castnet::codegen {

enum class YamlKind { null, scalar, sequence, mapping };

struct Entry;

/// One YAML node. Only the members that its kind names hold anything.
struct YamlValue {
  YamlKind kind = YamlKind::null;
  Location where;
  std::string text;              ///< scalar
  bool quoted = false;           ///< scalar: quoted or a block scalar, hence always a string
  std::vector<YamlValue> items;  ///< sequence
  std::vector<Entry> entries;    ///< mapping, in the file's order

  /// The mapping's entry of that key, or null. Holds until the mapping changes.
  Entry* find(std::string_view key);
  const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Location where;  ///< of the key
  YamlValue value;
};

/// An error of a file as a whole; it stands at the file's start.
Diagnostic file_error(const std::string& file, std::string message);

/// Reads one YAML document. Returns nothing, with an error in `errors`, where the text is no YAML;
/// aliases, tags, duplicate keys and keys that are no scalars are errors and left out of the tree.
std::optional<YamlValue> load_yaml(const std::string& text, const std::string& file,
                                   std::vector<Diagnostic>& errors);

/// Puts `changes` over `base`: mappings merge key by key; scalars, lists and the values of keys
/// that stand for one choice of several (data, norm, activation, optimizer, schedule, clip) replace
/// what was there.
void merge(YamlValue& base, const YamlValue& changes);

/// One `--set key.path=value`. The value is placed there, without a line.
struct Setting {
  std::vector<std::string> path;  ///< one key at least
  YamlValue value;
};

/// Reads one; returns nothing, with an error in `errors`, where it is malformed.
std::optional<Setting> read_setting(const std::string& set, std::vector<Diagnostic>& errors);

/// Puts `value` at the end of a path of keys, in the place of what is there, and makes the mappings
/// on the way. On the way through a key that stands for one choice of several, that choice is made.
void assign(YamlValue& root, std::span<const std::string> path, const YamlValue& value);

}  // namespace castnet::codegen
