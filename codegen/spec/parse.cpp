#include "spec/parse.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "spec/data_sets.hpp"
#include "spec/expand.hpp"
#include "spec/names.hpp"
#include "spec/train_settings.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kMostVariants = 64;

/// The top level's keys. Sections that depend on others are read after them.
struct Document {
  Maybe<std::string> name;
  const DataSetFacts* data = nullptr;
  bool data_given = false;
  LayerSettings layer;  ///< norm, activation, dropout and block of C and D
  Budget budget;
  const Value* layers = nullptr;
  const Value* defaults = nullptr;
  const Value* overrides = nullptr;
  const Value* train = nullptr;
  const Value* variants = nullptr;
};

void read_name(Reader& reader, const Value& value, const KeyFacts& facts, Document& document) {
  const std::string fault = value.kind == ValueKind::scalar ? name_fault(value.text) : "is no word";
  if (!fault.empty()) {
    reader.error(value.where, fmt::format("'{}' {} {}", facts.name, quote(value.text), fault));
  }
  document.name = Given<std::string>{value.text, value.where};
}

void read_data(Reader& reader, const Value& value, const KeyFacts& facts, Document& document) {
  std::vector<std::string_view> names;
  for (const DataSetFacts& one : data_sets()) names.push_back(one.name);
  if (read_word(reader, value, facts.name, names)) document.data = find_data_set(value.text);
  document.data_given = true;
}

/// A key of layers that may stand at the top, too: the same row, filling the document's member.
Key<Document> layer_key(std::string_view name) {
  const auto& keys = layer_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
  Key<Document> key;
  static_cast<KeyFacts&>(key) = *found;
  key.read = [](Reader& reader, const Value& value, const KeyFacts& facts, Document& document) {
    for (const Key<LayerSettings>& row : layer_keys()) {
      if (row.name == facts.name) row.read(reader, value, facts, document.layer);
    }
  };
  return key;
}

const std::vector<Key<Document>>& document_keys() {
  using D = Document;
  static const std::vector<Key<D>> kKeys = {
      {{"name", "of the generated program and its folder"}, read_name},
      {{"data", "the data set"}, read_data},
      make_key<D, &D::layers>("layers", "the tokens, in order"),
      layer_key("norm"),
      layer_key("activation"),
      layer_key("dropout"),
      layer_key("block"),
      make_key<D, &D::defaults>("defaults", "settings by kind of layer"),
      make_key<D, &D::overrides>("overrides", "settings by layer name"),
      make_key<D, &D::budget>("budget", "upper limits"),
      make_key<D, &D::train>("train", "how it is trained"),
      make_key<D, &D::variants>("variants", "the same spec with some values replaced")};
  return kKeys;
}

/// What a required key says where it is missing.
void require(Reader& reader, const Value& root, bool given, std::string_view example) {
  if (!given) reader.error(root.where, fmt::format("a spec needs '{}'", example));
}

/// Reads one whole tree, the spec's or that of a variant.
Spec read_document(Reader& reader, const Value& root) {
  Document document;
  read_mapping(reader, root, "", document_keys(), document);
  require(reader, root, document.name.has_value(), "name: my_network");
  require(reader, root, document.data_given, "data: cifar10");
  require(reader, root, document.layers != nullptr, "layers: C1:16 GAP F2:10");

  Spec spec;
  if (document.name) spec.name = document.name->value;
  if (document.data) spec.data = *document.data;
  spec.budget = document.budget;
  if (const auto& block = document.layer.block; block && block->value.core != 'C') {
    reader.error(block->where, "the top level's 'block' is that of C and D, and needs 'conv'");
  }
  if (document.layers) {
    const Tokens tokens = read_tokens(reader, *document.layers);
    spec.layers =
        expand_layers(reader, tokens, document.layer, document.defaults, document.overrides);
  }
  spec.train = read_train(reader, document.train, document.data);
  return spec;
}

/// Collects the specs of all variants, and errors that the spec itself does not have.
class VariantReader {
 public:
  VariantReader(const std::string& text, const Value& base, const std::vector<std::string>& sets,
                ParseResult& result)
      : text_(text), base_(base), sets_(sets), result_(result) {
    for (const Diagnostic& error : result.errors) seen_.insert(format(error));
  }

  void read(const std::string& base_name, const Entry& variant) {
    const std::string name = base_name + "_" + variant.key;
    const std::string fault = name_fault(variant.key);
    if (!fault.empty() || !name_fault(name.substr(0, kLongestName)).empty()) {
      report(variant.where, fmt::format("the variant's name {} {}", quote(variant.key),
                                        fault.empty() ? "makes a reserved word" : fault));
    }
    if (variant.value.kind != ValueKind::mapping) {
      report(variant.value.where, "a variant must be a mapping, as in '{norm: batch}'");
      return;
    }
    for (const std::string_view key : {"name", "variants"}) {
      if (const Entry* entry = variant.value.find(key)) {
        report(entry->where, fmt::format("a variant cannot change '{}'", key));
        return;
      }
    }
    Value root = base_;
    merge(root, variant.value);
    std::vector<Diagnostic> known;  // the spec itself has reported them
    for (const std::string& set : sets_) apply_set(root, set, known);
    Reader reader(text_);
    Spec spec = read_document(reader, root);
    for (const Diagnostic& error : reader.errors) {
      if (seen_.insert(format(error)).second) {
        report(error.where, fmt::format("in variant {}: {}", quote(variant.key), error.message));
      }
    }
    spec.name = name;
    spec.variant = variant.key;
    result_.specs.push_back(std::move(spec));
  }

 private:
  void report(const Location& where, std::string message) {
    result_.errors.push_back({where, std::move(message)});
  }

  const std::string& text_;
  const Value& base_;
  const std::vector<std::string>& sets_;
  ParseResult& result_;
  std::set<std::string> seen_;
};

/// Reads the spec itself and then its variants into `result`.
void read_all(const std::string& text, Value& root, const std::vector<std::string>& sets,
              ParseResult& result) {
  for (const std::string& set : sets) apply_set(root, set, result.errors);
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

  const Value variants = entry->value;
  std::erase_if(root.entries, [](const Entry& one) { return one.key == "variants"; });
  std::vector<std::string> over;  // sets that name a variant have changed it above
  std::copy_if(sets.begin(), sets.end(), std::back_inserter(over), [](const std::string& set) {
    return !set.starts_with("variants.") && !set.starts_with("variants=");
  });
  VariantReader variant_reader(text, root, over, result);
  const std::string name = result.specs.front().name;
  for (const Entry& variant : variants.entries) variant_reader.read(name, variant);
}

/// Orders errors as a reader of the file meets them, each once.
void tidy(std::vector<Diagnostic>& errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
  });
  errors.erase(std::unique(errors.begin(), errors.end()), errors.end());
}

}  // namespace

ParseResult parse_spec(const std::string& text, const std::string& file_name,
                       const std::vector<std::string>& sets) {
  ParseResult result;
  std::optional<Value> root = load_yaml(text, file_name, result.errors);
  if (root && root->kind != ValueKind::mapping) {
    const bool empty = root->kind == ValueKind::null;
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
