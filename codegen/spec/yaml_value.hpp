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

/// One YAML node. Only the members that its kind mentions are used.
struct YamlValue {
  YamlKind kind = YamlKind::null;
  Location where;
  std::string text;              ///< scalar
  bool quoted = false;           ///< scalar: quoted or a block scalar, hence always a string
  std::vector<YamlValue> items;  ///< sequence
  std::vector<Entry> entries;    ///< mapping, in the file's order

  /// The mapping's entry with that key, or null. The pointer is valid until the mapping changes.
  Entry* find(std::string_view key);
  const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Location where;  ///< place of the key
  YamlValue value;
};

/// An error of a file as a whole; its place is the start of the file.
Diagnostic file_error(const std::string& file, std::string message);

/// Reads one YAML document. If the text is not YAML, adds an error to `errors` and returns nothing.
/// Aliases, tags, duplicate keys and keys that are not scalars are errors, and are left out of the
/// tree.
std::optional<YamlValue> load_yaml(const std::string& text, const std::string& file,
                                   std::vector<Diagnostic>& errors);

/// Merges `changes` into `base`. Mappings merge key by key. Scalars, lists, and the values of keys
/// that stand for one choice of several (data, norm, activation, optimizer, schedule, clip) are
/// replaced.
void merge(YamlValue& base, const YamlValue& changes);

/// One `--set key.path=value`. The value's place is the option, without a line.
struct Setting {
  std::vector<std::string> path;  ///< at least one key
  YamlValue value;
};

/// Reads one setting. If it is malformed, adds an error to `errors` and returns nothing.
std::optional<Setting> read_setting(const std::string& set, std::vector<Diagnostic>& errors);

/// Puts `value` at the end of a path of keys, replacing the present value, and makes the mappings
/// on the way. If the path leads through a key that stands for one choice of several, that choice
/// is made.
void assign(YamlValue& root, std::span<const std::string> path, const YamlValue& value);

}  // namespace castnet::codegen
