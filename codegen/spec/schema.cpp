#include "spec/schema.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "spec/parse.hpp"

namespace castnet::codegen {
namespace {

using Json = nlohmann::ordered_json;

/// Whether a missing value (YAML's null) is allowed: a bare choice is a choice without settings.
bool takes_nothing(const Form& form) {
  switch (form.kind) {
    case FormKind::mapping:
      return form.least == 0 && std::none_of(form.properties.begin(), form.properties.end(),
                                             [](const Property& one) { return one.required; });
    case FormKind::word:
      return form.optional;
    case FormKind::either:
      return std::any_of(form.parts.begin(), form.parts.end(), takes_nothing);
    default:
      return false;
  }
}

/// A bound as an integer if it is one, so that it prints as users write it.
Json number(double value) {
  if (value == std::floor(value)) return static_cast<std::int64_t>(value);
  return value;
}

/// Writes forms. Forms with the same key and content are written once, under `$defs`.
class SchemaWriter {
 public:
  Json write(const Form& form) {
    switch (form.kind) {
      case FormKind::boolean:
        return {{"type", "boolean"}};
      case FormKind::integer:
      case FormKind::number:
        return write_number(form);
      case FormKind::word:
        return write_word(form);
      case FormKind::text:
        return write_text(form);
      case FormKind::list:
        return write_list(form);
      case FormKind::mapping:
        return write_mapping(form);
      case FormKind::choice:
        return write_choice(form);
      case FormKind::either:
        return write_either(form.parts);
    }
    return {};
  }

  Json take_definitions() { return std::move(definitions_); }

 private:
  static Json write_number(const Form& form) {
    Json json = {{"type", form.kind == FormKind::integer ? "integer" : "number"}};
    const Range& range = form.range;
    if (std::isfinite(range.least)) {
      json[range.open_least ? "exclusiveMinimum" : "minimum"] = number(range.least);
    }
    if (std::isfinite(range.most)) {
      json[range.open_most ? "exclusiveMaximum" : "maximum"] = number(range.most);
    }
    return json;
  }

  static Json write_word(const Form& form) {
    Json words = Json::array();
    for (const std::string_view word : form.words) words.push_back(std::string(word));
    if (form.optional) words.push_back(nullptr);
    return {{"enum", std::move(words)}};
  }

  static Json write_text(const Form& form) {
    Json json = {{"type", "string"}};
    if (!form.pattern.empty()) json["pattern"] = form.pattern;
    return json;
  }

  Json write_list(const Form& form) {
    Json json = {{"type", "array"}, {"items", write(form.parts.front())}};
    if (form.least > 0) json["minItems"] = form.least;
    if (form.most > 0) json["maxItems"] = form.most;
    return json;
  }

  Json write_mapping(const Form& form) {
    Json json;
    json["type"] = takes_nothing(form) ? Json{"object", "null"} : Json("object");
    if (!form.properties.empty()) json["properties"] = write_all(form.properties);
    if (!form.patterns.empty()) json["patternProperties"] = write_all(form.patterns);
    json["additionalProperties"] = false;
    Json required = Json::array();
    for (const Property& one : form.properties) {
      if (one.required) required.push_back(one.name);
    }
    if (!required.empty()) json["required"] = std::move(required);
    if (form.least > 0) json["minProperties"] = form.least;
    return json;
  }

  /// The names that need no settings, or a mapping of one name to its settings.
  Json write_choice(const Form& form) {
    Json bare = Json::array();
    for (const Property& one : form.properties) {
      if (takes_nothing(one.form)) bare.push_back(one.name);
    }
    Json settings = {{"type", "object"},
                     {"properties", write_all(form.properties)},
                     {"additionalProperties", false},
                     {"minProperties", 1},
                     {"maxProperties", 1}};
    if (bare.empty()) return settings;
    return {{"oneOf", Json::array({Json{{"enum", std::move(bare)}}, std::move(settings)})}};
  }

  Json write_either(const std::vector<Form>& parts) {
    Json alternatives = Json::array();
    for (const Form& part : parts) alternatives.push_back(write(part));
    return {{"oneOf", std::move(alternatives)}};
  }

  Json write_all(const std::vector<Property>& properties) {
    Json all = Json::object();
    for (const Property& one : properties) {
      Json value = write(one.form);
      const bool large = value.contains("oneOf") || value.contains("properties") ||
                         value.contains("patternProperties");
      Json described;
      if (!one.doc.empty()) described["description"] = one.doc;
      described.update(large ? define(one.name, std::move(value)) : std::move(value));
      all[one.name] = std::move(described);
    }
    return all;
  }

  /// A reference to the definition of that name and content.
  Json define(const std::string& key, Json value) {
    // The letters with which a pattern such as ^C[0-9]{1,4}$ begins.
    const std::size_t begin = key.starts_with('^') ? 1 : 0;
    std::string base = key.substr(begin, key.find_first_of("([$", begin) - begin);
    if (base.empty()) base = "variant";
    std::string name = base;
    for (int next = 2; definitions_.contains(name) && definitions_[name] != value; ++next) {
      name = fmt::format("{}_{}", base, next);
    }
    definitions_[name] = std::move(value);
    return {{"$ref", "#/$defs/" + name}};
  }

  Json definitions_ = Json::object();
};

}  // namespace

std::string schema_text() {
  SchemaWriter writer;
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "A castnet spec"}};
  schema.update(writer.write(spec_form()));
  schema["$defs"] = writer.take_definitions();
  return schema.dump(2) + "\n";
}

}  // namespace castnet::codegen
