// Form: the possible values of a key in a spec. Readers check values by a form, and the schema
// prints it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/fields.hpp"

namespace castnet::codegen {

struct Property;

enum class FormKind { boolean, integer, number, word, text, list, mapping, choice, either };

/// Forms make a tree: mappings contain the forms of their keys. Only the members that the kind
/// mentions are used.
struct Form {
  FormKind kind = FormKind::mapping;
  bool optional = false;                ///< word: whether the value may be missing
  Range range;                          ///< integer, number
  std::vector<std::string_view> words;  ///< word
  std::string pattern;                  ///< text: a regular expression, or empty for any
  std::size_t least = 0;                ///< list: fewest items; mapping: fewest keys
  std::size_t most = 0;                 ///< list: most items; 0: any number
  std::vector<Form> parts;              ///< list: its items' form; either: the alternatives
  std::vector<Property> properties;     ///< mapping; choice: settings by the choice's name
  std::vector<Property> patterns;       ///< mapping: keys that match a regular expression
};

struct Property {
  std::string name;
  std::string doc;
  bool required = false;
  Form form;
};

inline Form form_of_kind(FormKind kind, Range range = {}) {
  Form form;
  form.kind = kind;
  form.range = range;
  return form;
}
inline Form text_form(std::string pattern = {}) {
  Form form = form_of_kind(FormKind::text);
  form.pattern = std::move(pattern);
  return form;
}
inline Form word_form(Words words) {
  Form form = form_of_kind(FormKind::word);
  form.words.assign(words.begin(), words.end());
  return form;
}
inline Form either(std::vector<Form> parts) {
  Form form = form_of_kind(FormKind::either);
  form.parts = std::move(parts);
  return form;
}
inline Form list_of(Form item, std::size_t least = 0, std::size_t most = 0) {
  Form form = form_of_kind(FormKind::list);
  form.parts.push_back(std::move(item));
  form.least = least;
  form.most = most;
  return form;
}

}  // namespace castnet::codegen
