// The JSON Schema: it holds every key, takes every spec of the repository, and refuses bad ones.
#include "spec/schema.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "spec/parse.hpp"
#include "spec/yaml_value.hpp"
#include "targets/target.hpp"

namespace {

using castnet::read_file;
using namespace castnet::codegen;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const Json& schema() {
  static const Json kSchema = Json::parse(schema_text());
  return kSchema;
}

/// What a plain scalar is in YAML's core schema.
Json scalar(const YamlValue& value) {
  if (value.quoted) return value.text;
  if (value.text == "true" || value.text == "false") return value.text == "true";
  const char* const end = value.text.data() + value.text.size();
  std::int64_t whole = 0;
  if (std::from_chars(value.text.data(), end, whole).ptr == end) return whole;
  double number = 0;
  if (std::from_chars(value.text.data(), end, number).ptr == end) return number;
  return value.text;
}

Json to_json(const YamlValue& value) {
  Json json;
  if (value.kind == YamlKind::scalar) return scalar(value);
  if (value.kind == YamlKind::sequence) {
    json = Json::array();
    for (const YamlValue& item : value.items) json.push_back(to_json(item));
  } else if (value.kind == YamlKind::mapping) {
    json = Json::object();
    for (const Entry& entry : value.entries) json[entry.key] = to_json(entry.value);
  }
  return json;
}

bool valid(const Json& value, const Json& rule);

bool has_type(const Json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "null" && value.is_null()) || (type == "number" && value.is_number()) ||
         (type == "integer" && value.is_number_integer());
}

bool valid_object(const Json& value, const Json& rule) {
  for (const auto& name : rule.value("required", Json::array())) {
    if (!value.contains(name)) return false;
  }
  const Json patterns = rule.value("patternProperties", Json::object());
  for (const auto& [key, inner] : value.items()) {
    bool known = false;
    if (rule.contains("properties") && rule["properties"].contains(key)) {
      known = true;
      if (!valid(inner, rule["properties"][key])) return false;
    }
    for (const auto& [pattern, one] : patterns.items()) {
      if (!std::regex_search(key, std::regex(pattern))) continue;
      known = true;
      if (!valid(inner, one)) return false;
    }
    if (!known && !rule.value("additionalProperties", true)) return false;
  }
  return value.size() >= rule.value("minProperties", std::size_t{0}) &&
         value.size() <= rule.value("maxProperties", value.size());
}

bool valid_number(double value, const Json& rule) {
  return (!rule.contains("minimum") || value >= rule["minimum"]) &&
         (!rule.contains("maximum") || value <= rule["maximum"]) &&
         (!rule.contains("exclusiveMinimum") || value > rule["exclusiveMinimum"]) &&
         (!rule.contains("exclusiveMaximum") || value < rule["exclusiveMaximum"]);
}

bool valid_array(const Json& value, const Json& rule) {
  return value.size() >= rule.value("minItems", std::size_t{0}) &&
         value.size() <= rule.value("maxItems", value.size()) &&
         (!rule.contains("items") ||
          std::ranges::all_of(value, [&](const Json& item) { return valid(item, rule["items"]); }));
}

bool valid_type(const Json& value, const Json& type) {
  const Json types = type.is_array() ? type : Json::array({type});
  return std::ranges::any_of(types, [&](const Json& one) { return has_type(value, one); });
}

/// The part of JSON Schema that schema_text() uses; a keyword that is not known here fails.
bool valid(const Json& value, const Json& rule) {
  static const std::set<std::string> kKeywords = {"$schema",
                                                  "$defs",
                                                  "$ref",
                                                  "title",
                                                  "description",
                                                  "type",
                                                  "enum",
                                                  "pattern",
                                                  "items",
                                                  "minItems",
                                                  "maxItems",
                                                  "oneOf",
                                                  "properties",
                                                  "required",
                                                  "minProperties",
                                                  "patternProperties",
                                                  "maxProperties",
                                                  "minimum",
                                                  "maximum",
                                                  "exclusiveMinimum",
                                                  "exclusiveMaximum",
                                                  "additionalProperties"};
  for (const auto& [keyword, content] : rule.items()) {
    INFO(keyword);
    REQUIRE(kKeywords.contains(keyword));
  }
  if (rule.contains("$ref")) {
    const std::string path = rule["$ref"].get<std::string>().substr(1);
    if (!valid(value, schema().at(Json::json_pointer(path)))) return false;
  }
  if (rule.contains("type") && !valid_type(value, rule["type"])) return false;
  if (rule.contains("enum") && std::ranges::count(rule["enum"], value) == 0) return false;
  if (rule.contains("oneOf") && std::ranges::count_if(rule["oneOf"], [&](const Json& one) {
                                  return valid(value, one);
                                }) != 1) {
    return false;
  }
  if (value.is_string() && rule.contains("pattern") &&
      !std::regex_search(value.get<std::string>(),
                         std::regex(rule["pattern"].get<std::string>()))) {
    return false;
  }
  if (value.is_number()) return valid_number(value, rule);
  if (value.is_array()) return valid_array(value, rule);
  return !value.is_object() || valid_object(value, rule);
}

bool takes(const std::string& text) {
  std::vector<Diagnostic> errors;
  const auto value = load_yaml(text, "spec.yaml", errors);
  REQUIRE(value);
  return valid(to_json(*value), schema());
}

/// All names of keys and choices below a form, but not the patterns of names that users choose.
void collect(const Form& form, std::set<std::string>& names) {
  for (const Property& one : form.properties) {
    names.insert(one.name);
    collect(one.form, names);
  }
  for (const Property& one : form.patterns) collect(one.form, names);
  for (const Form& part : form.parts) collect(part, names);
  for (const std::string_view word : form.words) names.emplace(word);
}

/// The names of keys that stand for one choice of several, wherever a variant can reach them.
void collect_choices(const Form& form, std::set<std::string>& names) {
  if (form.kind == FormKind::list) return;
  for (const auto* properties : {&form.properties, &form.patterns}) {
    for (const Property& one : *properties) {
      if (one.form.kind == FormKind::choice) names.insert(one.name);
      collect_choices(one.form, names);
    }
  }
  for (const Form& part : form.parts) collect_choices(part, names);
}

void collect_properties(const Json& json, std::set<std::string>& names) {
  if (!json.is_structured()) return;
  if (json.is_object() && json.contains("properties") && json["properties"].is_object()) {
    for (const auto& [key, rule] : json["properties"].items()) names.insert(key);
  }
  for (const Json& inner : json) collect_properties(inner, names);
}

const std::string kHead = "name: x\ndata: cifar10\nlayers: C1:8 GAP F2:10\n";

}  // namespace

TEST_CASE("every key, choice and word stands in docs/spec.md", "[spec][schema]") {
  std::set<std::string> names;
  collect(spec_form(), names);
  REQUIRE(names.size() > 100);
  const std::string docs = read_file(CASTNET_SOURCE_DIR "/docs/spec.md");
  for (const std::string& name : names) {
    INFO(name);
    CHECK(docs.find("`" + name + "`") != std::string::npos);
  }
}

TEST_CASE("a choice in a variant replaces the spec's, settings and all", "[spec][schema]") {
  std::set<std::string> names;
  collect_choices(spec_form(), names);
  CHECK(names.size() >= 6);
  for (const std::string& name : names) {
    INFO(name);
    std::vector<Diagnostic> errors;
    auto base = load_yaml(name + ": {first: {key: 1}}", "base.yaml", errors);
    merge(*base, *load_yaml(name + ": {second: {key: 2}}", "variant.yaml", errors));
    REQUIRE(base->find(name));
    CHECK(base->find(name)->value.entries.size() == 1);
  }
}

TEST_CASE("the examples of docs/spec.md compile", "[spec][docs]") {
  std::istringstream docs(read_file(CASTNET_SOURCE_DIR "/docs/spec.md"));
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(docs, line);) {
    if (line.starts_with("```")) {
      inside = line == "```yaml";
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  REQUIRE(blocks.size() >= 3);
  for (const std::string& block : blocks) {
    const ParseResult result = parse_spec("name: x\ndata: cifar10\n" + block, "docs.yaml");
    for (const Diagnostic& error : result.errors) UNSCOPED_INFO(format(error));
    CHECK(result.errors.empty());
    for (const Spec& spec : result.specs) {
      const Compiled compiled = compile(spec);
      for (const Diagnostic& error : compiled.errors) UNSCOPED_INFO(format(error));
      CHECK(compiled.errors.empty());
    }
  }
}

TEST_CASE("every key that a message lists is a property of the schema", "[spec][schema]") {
  std::set<std::string> properties;
  collect_properties(schema(), properties);
  const std::vector<std::string> sections = {"",
                                             "budget: ",
                                             "train: ",
                                             "dropout: ",
                                             "norm: batch: ",
                                             "norm: group: ",
                                             "norm: layer: ",
                                             "activation: leaky_relu: ",
                                             "data: mnist: ",
                                             "data: image_folder: ",
                                             "overrides: C1: ",
                                             "overrides: C1: skip: ",
                                             "overrides: C1: skip: projection: ",
                                             "defaults: ",
                                             "train: early_stopping: ",
                                             "train: optimizer: sgd: ",
                                             "train: optimizer: adamw: ",
                                             "train: optimizer: sgd: l1: ",
                                             "train: schedule: one_cycle: ",
                                             "train: schedule: multi_step: "};
  for (const std::string& section : sections) {
    std::string text;
    std::string closing;
    for (const char c : section) {
      text += c == ':' ? ": {" : c == ' ' ? "" : std::string(1, c);
      if (c == ':') closing += '}';
    }
    INFO(section);
    const auto errors =
        parse_spec("layers: C1:8\n" + text + "zzzzzzzz: 1" + closing, "spec.yaml").errors;
    const auto found = std::ranges::find_if(errors, [](const Diagnostic& error) {
      return error.message.find("known keys: ") != std::string::npos;
    });
    REQUIRE(found != errors.end());
    std::istringstream list(found->message.substr(found->message.find("known keys: ") + 12));
    for (std::string name; std::getline(list >> std::ws, name, ',');) {
      INFO(name);
      CHECK(properties.contains(name));
    }
  }
}

TEST_CASE("the schema takes every spec of the repository", "[spec][schema]") {
  int count = 0;
  for (const std::string folder :
       {"specs", "tests/generated", "tests/network", "tests/pytorch/specs"}) {
    for (const auto& entry : fs::recursive_directory_iterator(CASTNET_SOURCE_DIR "/" + folder)) {
      if (entry.path().extension() != ".yaml") continue;
      INFO(entry.path());
      CHECK(takes(read_file(entry.path())));
      ++count;
    }
  }
  CHECK(count >= 6);
}

TEST_CASE("the schema takes what the parser takes", "[spec][schema]") {
  const auto both = [](const std::string& lines) {
    INFO(lines);
    REQUIRE(parse_spec(kHead + lines, "spec.yaml").errors.empty());
    CHECK(takes(kHead + lines));
  };
  both("train:\n");
  both("train: {augment: [flip, resized_crop, {crop: 4}, {cutout: {size: 8}}, {mixup: 0.2}]}\n");
  both("train: {clip: none, ema: 0.99, early_stopping: }\n");
  both("overrides: {C1: {bias: false, block: norm conv act}, F2: {block: linear relu dropout}}\n");
  both("defaults: {C: {init: dirac}, F: {init: xavier}, P: {block: dropout pool}}\n");
  both(
      "variants: {a: , b1_2: {}, bases: {layers: [C1:65536 P3, C2:1 GAP, F9999:00010]}}\n"
      "budget: {parameters: 9}\n");
  both("train: {early_stopping: none}\nvariants: {a: {train: {early_stopping: {patience: 2}}}}\n");
  both("train: {clip: {norm: 1}, optimizer: {adamw: {l1: {factor: 1e-4, on: [norms, C1]}}}}\n");
  both("init: dirac\noverrides: {C1: {padding: same, bias: auto, norm: {batch: }}}\n");
  both("overrides: {F2: {skip: {from: GAP, projection: {norm: group}}}}\n");
  both("variants: {a: {dropout: 0.1, train: {optimizer: adam}, overrides: {C1: {bias: true}}}}\n");
  both(
      "variants: {a: {data: {image_folder: {path: /a..b/.c, channels: 3, height: 9, width: 9, "
      "classes: 10}}}}\n");
}

TEST_CASE("the schema refuses what is malformed", "[spec][schema]") {
  CHECK(takes(kHead));
  const std::vector<std::string> wrong = {"buget: {parameters: 1}\n",
                                          "budget: {flops: 1}\n",
                                          "train: {optimiser: sgd}\n",
                                          "train: {optimizer: {sgd: {beta1: 0.9}}}\n",
                                          "train: {augment: [color_jitter]}\n",
                                          "train: {augment: [{crop: {pad: 4}}]}\n",
                                          "train: {augment: [crop]}\n",
                                          "train: {augment: [shift_scale_rotate]}\n",
                                          "train: {schedule: multi_step}\n",
                                          "train: {epochs: 0}\n",
                                          "train: {epochs: 1.5}\n",
                                          "train: {label_smoothing: 1}\n",
                                          "train: {clip: {norm: 0}}\n",
                                          "train: {early_stopping: true}\n",
                                          "overrides: {C1: {kernel: 65}}\n",
                                          "overrides: {GAP: {kernel: 3}}\n",
                                          "overrides: {X1: {kernel: 3}}\n",
                                          "overrides: {C1: {skip: {projection: true}}}\n",
                                          "defaults: {C: {skip: C1}}\n",
                                          "overrides: {C01: {stride: 2}}\n",
                                          "overrides: {C1: {bias: \"true\"}}\n",
                                          "overrides: {C1: {block: norm relu}}\n",
                                          "overrides: {C1: {block: conv conv}}\n",
                                          "overrides: {F2: {block: linear norm}}\n",
                                          "defaults: {F: {init: dirac}}\n",
                                          "defaults: {P: {block: pool relu}}\n",
                                          "block: linear\n",
                                          "norm: bacth\n",
                                          "norm: {batch: {groups: 4}}\n",
                                          "norm: {batch: {}, group: {}}\n",
                                          "block: conv nrom\n",
                                          "variants: {a: {name: b}}\n",
                                          "variants: {base: {norm: batch}}\n",
                                          "variants: {a: {epochs: 4}}\n"};
  for (const std::string& lines : wrong) {
    INFO(lines);
    CHECK_FALSE(takes(kHead + lines));
    CHECK_FALSE(parse_spec(kHead + lines, "spec.yaml").errors.empty());
  }
  for (const std::string layers :
       {"C01:8 GAP F2:10", "C1:0 GAP F2:10", "C1:65537 GAP F2:10", "C1:99999 GAP F2:10", "''", "[]",
        "[C1:8 GAP, '', F2:10]", "[C1:8 GAP, ' ']"}) {
    INFO(layers);
    const std::string text = "name: x\ndata: cifar10\nlayers: " + layers + "\n";
    CHECK_FALSE(takes(text));
    CHECK_FALSE(parse_spec(text, "spec.yaml").errors.empty());
  }
  for (const std::string path : {"../x", "x/../y", "x/..", "..", "''", "\"a\\tb\"", "a'b"}) {
    INFO(path);
    const std::string text =
        "name: x\ndata: {image_folder: {channels: 1, height: 9, width: 9, classes: 2, path: " +
        path + "}}\nlayers: F1:2\n";
    CHECK_FALSE(takes(text));
    CHECK_FALSE(parse_spec(text, "spec.yaml").errors.empty());
  }
  const std::string rest = ": {norm: batch}}\n";
  CHECK(takes(kHead + "variants: {" + std::string(64, 'a') + rest));
  CHECK_FALSE(takes(kHead + "variants: {" + std::string(65, 'a') + rest));
  for (const std::string name : {"misspelt_key", "training", "unknown_norm", "data_settings",
                                 "augment", "clip_and_stopping", "skip_projection", "missing_keys",
                                 "unknown_token", "name_path", "unknown_data_set", "overrides"}) {
    INFO(name);
    CHECK_FALSE(takes(read_file(CASTNET_SOURCE_DIR "/tests/spec/errors/" + name + "/spec.yaml")));
  }
}
