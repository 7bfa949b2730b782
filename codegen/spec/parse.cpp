#include "spec/parse.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <tuple>

#include "ir/data_fields.hpp"
#include "spec/data_settings.hpp"
#include "spec/expand.hpp"
#include "spec/names.hpp"
#include "spec/record.hpp"
#include "spec/train_settings.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kMostVariants = 64;
// The form that name_fault() accepts. A variant's name is not kBase.
static_assert(kLongestName == 64);
constexpr char kNamePattern[] = "^(?=.{1,64}$)[a-z]([a-z0-9]|_(?=[a-z0-9]))*$";
constexpr char kVariantPattern[] = "^(?!base$)(?=.{1,64}$)[a-z]([a-z0-9]|_(?=[a-z0-9]))*$";

Form variants_form();

struct SpecName {
  std::string text;
};

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, SpecName& out) {
  if (value.kind != YamlKind::scalar) return report_type(reader, value, facts, "a word");
  if (const std::string fault = name_fault(value.text); !fault.empty()) {
    reader.error(value.where, fmt::format("'{}' {} {}", facts.name, quote(value.text), fault));
  }
  out.text = value.text;
}

Form form_of(Type<SpecName>, const KeyFacts&) { return text_form(kNamePattern); }

/// The top level's keys. Sections that depend on others are read after them.
struct Document {
  SpecName name;
  Maybe<DataSetFacts> data;
  LayerSettings layer;  ///< the keys of layers that may stand at the top level
  Budget budget;
  Deferred<layers_form> layers;
  Deferred<defaults_form> defaults;
  Deferred<overrides_form> overrides;
  Deferred<train_form> train;
  Deferred<variants_form> variants;
};

/// A key of layers that may also stand at the top level: the same row, but it fills the document's
/// member.
Key<Document> layer_key(std::string_view name) {
  const auto& keys = layer_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
  Key<Document> key;
  static_cast<KeyFacts&>(key) = *found;
  key.read = [](Reader& reader, const YamlValue& value, const KeyFacts& facts, Document& document) {
    for (const Key<LayerSettings>& row : layer_keys()) {
      if (row.name == facts.name) row.read(reader, value, facts, document.layer);
    }
  };
  return key;
}

const std::vector<Key<Document>>& document_keys() {
  using D = Document;
  static const std::vector<Key<D>> kKeys = {
      make_key<D, &D::name>("name", "name of the generated program and its folder")
          .needed("my_network"),
      make_key<D, &D::data>("data", "the data set").needed("cifar10"),
      make_key<D, &D::layers>("layers", "tokens of the layers, in order").needed("C1:16 GAP F2:10"),
      layer_key("norm"),
      layer_key("activation"),
      layer_key("dropout"),
      layer_key("block"),
      layer_key("init"),
      make_key<D, &D::defaults>("defaults", "settings by kind of layer"),
      make_key<D, &D::overrides>("overrides", "settings by layer name"),
      make_key<D, &D::budget>("budget", "limits that castnet checks"),
      make_key<D, &D::train>("train", "settings of the training"),
      make_key<D, &D::variants>("variants", "the same spec with some values replaced")};
  return kKeys;
}

/// A variant's keys: all except `name` and `variants`. None is required, because they are merged
/// into the spec's. Items of lists and settings of choices replace the spec's as a whole, so they
/// must be complete.
Form without_required(Form form) {
  for (Property& one : form.properties) one.required = false;
  if (form.kind == FormKind::choice || form.kind == FormKind::list) return form;
  for (auto* inner : {&form.properties, &form.patterns}) {
    for (Property& one : *inner) one.form = without_required(std::move(one.form));
  }
  for (Form& part : form.parts) part = without_required(std::move(part));
  return form;
}

Form variants_form() {
  Form variant;
  for (const Key<Document>& key : document_keys()) {
    if (key.name == "name" || key.name == "variants") continue;
    variant.properties.push_back(
        {std::string(key.name), std::string(key.doc), false, without_required(key.form(key))});
  }
  Form form;
  form.patterns.push_back({kVariantPattern, "changes of a variant", false, std::move(variant)});
  return form;
}

/// Reads one whole tree: that of the spec or of a variant.
Spec read_document(Reader& reader, const YamlValue& root) {
  Document document;
  read_mapping(reader, root, "", document_keys(), document);

  Spec spec;
  spec.name = document.name.text;
  if (document.data) spec.data = document.data->value;
  spec.budget = document.budget;
  if (const auto& block = document.layer.block; block && block->value.core != 'C') {
    reader.error(block->where,
                 "the top level's 'block' applies to C and D layers, so it needs 'conv'");
  }
  bool known_layers = false;
  if (document.layers.value) {
    const Tokens tokens = read_tokens(reader, *document.layers.value);
    spec.layers = expand_layers(reader, tokens, document.layer, document.defaults.value,
                                document.overrides.value);
    known_layers = tokens.complete;
  }
  spec.train = read_train(reader, document.train.value, document.data ? &spec.data : nullptr,
                          known_layers ? &spec.layers : nullptr);
  return spec;
}

/// Collects the specs of all variants, and the errors that the spec itself does not have.
class VariantReader {
 public:
  VariantReader(const std::string& text, const YamlValue& base,
                const std::vector<Setting>& settings, ParseResult& result)
      : text_(text), base_(base), settings_(settings), result_(result) {
    for (const Diagnostic& error : result.errors) seen_.insert(format(error));
  }

  void read(const std::string& base_name, const Entry& variant) {
    const bool taken = variant.key == kBase;
    const std::string fault = taken ? "is that of the spec itself" : name_fault(variant.key);
    if (!fault.empty()) {
      report(variant.where, fmt::format("the variant's name {} {}", quote(variant.key), fault));
    }
    const bool nothing = variant.value.kind == YamlKind::null;
    if (!nothing && variant.value.kind != YamlKind::mapping) {
      report(variant.value.where, "a variant must be a mapping, as in '{norm: batch}'");
      return;
    }
    for (const std::string_view key : {"name", "variants"}) {
      if (const Entry* entry = variant.value.find(key)) {
        report(entry->where, fmt::format("a variant cannot change '{}'", key));
        return;
      }
    }
    YamlValue root = base_;
    if (!nothing) merge(root, variant.value);
    for (const Setting& setting : settings_) set(root, setting, variant.key);
    Reader reader(text_);
    Spec spec = read_document(reader, root);
    for (const Diagnostic& error : reader.errors) {
      if (seen_.insert(format(error)).second) {
        report(error.where, fmt::format("in variant {}: {}", quote(variant.key), error.message));
      }
    }
    spec.name = base_name + "_" + variant.key;
    spec.variant = variant.key;
    result_.specs.push_back(std::move(spec));
  }

 private:
  /// Applies the settings for every variant, and those for this one.
  static void set(YamlValue& root, const Setting& setting, const std::string& variant) {
    const std::span<const std::string> path = setting.path;
    if (path[0] != "variants") return assign(root, path, setting.value);
    if (path.size() > 2 && path[1] == variant) assign(root, path.subspan(2), setting.value);
  }

  void report(const Location& where, std::string message) {
    result_.errors.push_back({where, std::move(message)});
  }

  const std::string& text_;
  const YamlValue& base_;
  const std::vector<Setting>& settings_;
  ParseResult& result_;
  std::set<std::string> seen_;
};

/// Reads the spec itself and then its variants into `result`.
void read_all(const std::string& text, YamlValue& root, const std::vector<std::string>& sets,
              ParseResult& result) {
  std::vector<Setting> settings;
  for (const std::string& set : sets) {
    auto setting = read_setting(set, result.errors);
    if (!setting) continue;
    assign(root, setting->path, setting->value);
    settings.push_back(std::move(*setting));
  }
  Reader reader(text);
  result.specs.push_back(read_document(reader, root));
  const Entry* const entry = root.find("variants");
  if (entry) check_mapping(reader, entry->value, "variants");
  if (entry && entry->value.entries.size() > kMostVariants) {
    reader.error(entry->where, fmt::format("{} variants; at most {} are supported",
                                           entry->value.entries.size(), kMostVariants));
  }
  result.errors.insert(result.errors.end(), reader.errors.begin(), reader.errors.end());
  if (!entry || entry->value.entries.size() > kMostVariants) return;

  const YamlValue variants = entry->value;
  std::erase_if(root.entries, [](const Entry& one) { return one.key == "variants"; });
  VariantReader variant_reader(text, root, settings, result);
  const std::string name = result.specs.front().name;
  for (const Entry& variant : variants.entries) variant_reader.read(name, variant);
}

/// Sorts errors by their place in the file, and removes duplicates.
void tidy(std::vector<Diagnostic>& errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
  });
  errors.erase(std::unique(errors.begin(), errors.end()), errors.end());
}

}  // namespace

Form spec_form() { return mapping_form(document_keys()); }

ParseResult parse_spec(const std::string& text, const std::string& file_name,
                       const std::vector<std::string>& sets) {
  ParseResult result;
  std::optional<YamlValue> root = load_yaml(text, file_name, result.errors);
  if (root && root->kind != YamlKind::mapping) {
    const bool empty = root->kind == YamlKind::null;
    result.errors.push_back(
        file_error(file_name, empty ? "the file is empty; a spec needs 'name', 'data' and 'layers'"
                                    : "a spec must be a mapping (key: value)"));
  } else if (root) {
    read_all(text, *root, sets, result);
  }
  tidy(result.errors);
  if (!result.errors.empty()) result.specs.clear();
  return result;
}

std::string format(const Diagnostic& diagnostic) {
  const Location& where = diagnostic.where;
  if (where.line == 0) return fmt::format("{}: error: {}", where.file, diagnostic.message);
  return fmt::format("{}:{}:{}: error: {}", where.file, where.line, where.column,
                     diagnostic.message);
}

}  // namespace castnet::codegen
