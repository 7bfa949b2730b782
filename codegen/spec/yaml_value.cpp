#include "spec/yaml_value.hpp"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "castnet_shared/encoding.hpp"
#include "spec/names.hpp"

namespace castnet::codegen {
namespace {

/// A spec nests six deep; the limit keeps hostile input from using up the stack.
constexpr std::size_t kDeepest = 32;
constexpr std::size_t kLargestFile = 256 * 1024;

/// Thrown from the parser's events when reading cannot continue.
struct Refusal {
  Diagnostic diagnostic;
};

/// Builds the tree from yaml-cpp's events. A YAML::Node would hide aliases (which can expand a
/// small file without limit) and duplicate keys.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, std::vector<Diagnostic>& errors)
      : file_(std::move(file)), errors_(errors) {}

  YamlValue take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(make(YamlKind::null, mark)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    errors_.push_back({place(mark), "aliases are not supported; write the value out"});
    add(make(YamlKind::null, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    refuse_tag(mark, tag);
    YamlValue value = make(YamlKind::scalar, mark);
    value.text = text;
    value.quoted = tag == "!";
    add(std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(make(YamlKind::sequence, mark));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(make(YamlKind::mapping, mark));
  }
  void OnMapEnd() override { close(); }

 private:
  /// A sequence or mapping that is still open; `key` waits for its value.
  struct Frame {
    YamlValue value;
    std::optional<YamlValue> key;
    std::map<std::string, Location> seen;
  };

  Location place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  YamlValue make(YamlKind kind, const YAML::Mark& mark) const {
    YamlValue value;
    value.kind = kind;
    value.where = place(mark);
    return value;
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      errors_.push_back({place(mark), fmt::format("tags like {} are not supported", quote(tag))});
    }
  }

  void open(YamlValue value) {
    if (frames_.size() == kDeepest) {
      throw Refusal{{value.where, fmt::format("nested more than {} deep", kDeepest)}};
    }
    frames_.push_back({std::move(value), std::nullopt, {}});
  }

  void close() {
    YamlValue value = std::move(frames_.back().value);
    frames_.pop_back();
    add(std::move(value));
  }

  void add(YamlValue value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.value.kind == YamlKind::sequence) {
      frame.value.items.push_back(std::move(value));
    } else if (!frame.key) {
      frame.key = std::move(value);
    } else {
      const YamlValue key = *std::exchange(frame.key, std::nullopt);
      add_entry(frame, key, std::move(value));
    }
  }

  void add_entry(Frame& frame, const YamlValue& key, YamlValue value) {
    if (key.kind != YamlKind::scalar) {
      errors_.push_back({key.where, "a key must be a word"});
      return;
    }
    const auto [first, fresh] = frame.seen.emplace(key.text, key.where);
    if (!fresh) {
      errors_.push_back(
          {key.where, fmt::format("duplicate key {}; it stands first at {}:{}", quote(key.text),
                                  first->second.line, first->second.column)});
      return;
    }
    // yaml-cpp gives a missing value the place of the next token.
    if (value.kind == YamlKind::null) value.where = key.where;
    frame.value.entries.push_back({key.text, key.where, std::move(value)});
  }

  std::string file_;
  std::vector<Diagnostic>& errors_;
  std::vector<Frame> frames_;
  YamlValue root_;
};

bool is_choice(std::string_view key) {
  constexpr std::array<std::string_view, 6> kChoices = {"data",      "norm",     "activation",
                                                        "optimizer", "schedule", "clip"};
  return std::find(kChoices.begin(), kChoices.end(), key) != kChoices.end();
}

/// Moves a whole tree to one place.
void relocate(YamlValue& value, const Location& where) {
  value.where = where;
  for (YamlValue& item : value.items) relocate(item, where);
  for (Entry& entry : value.entries) {
    entry.where = where;
    relocate(entry.value, where);
  }
}

/// Line and column of a byte, as yaml-cpp counts them.
Location place_of(std::string_view text, std::size_t offset, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line = before.rfind('\n') + 1;  // npos + 1 is 0
  return {file, 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<int>(offset - line)};
}

/// yaml-cpp's message, or its real cause if a line begins with a tab.
Diagnostic yaml_error(const std::string& text, const std::string& file,
                      const YAML::Exception& error) {
  if (error.mark.is_null()) return file_error(file, "YAML: " + printable(error.msg));
  std::istringstream lines(text);
  std::string line;
  for (int i = 0; i <= error.mark.line; ++i) std::getline(lines, line);
  const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
  // Between brackets and braces a tab is allowed like a space.
  if (tab != std::string::npos && error.msg.find("flow") == std::string::npos) {
    return {{file, error.mark.line + 1, static_cast<int>(tab) + 1},
            "indentation with a tab; YAML allows only spaces there"};
  }
  return {{file, error.mark.line + 1, error.mark.column + 1}, "YAML: " + printable(error.msg)};
}

/// The entry of `key`; it is created if it is missing.
Entry& entry_of(YamlValue& mapping, const std::string& key, const Location& where) {
  if (Entry* found = mapping.find(key)) return *found;
  YamlValue empty;
  empty.where = where;
  mapping.entries.push_back({key, where, std::move(empty)});
  return mapping.entries.back();
}

void become_mapping(YamlValue& value, const Location& where) {
  value = YamlValue{};
  value.kind = YamlKind::mapping;
  value.where = where;
}

/// Splits `a.b.c`. Returns nothing if a part is empty.
std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream stream(path + ".");
  for (std::string part; std::getline(stream, part, '.');) {
    if (part.empty()) return {};
    parts.push_back(part);
  }
  return parts.size() > kDeepest ? std::vector<std::string>{} : parts;
}

}  // namespace

Entry* YamlValue::find(std::string_view key) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const Entry* YamlValue::find(std::string_view key) const {
  return const_cast<YamlValue*>(this)->find(key);
}

Diagnostic file_error(const std::string& file, std::string message) {
  Diagnostic diagnostic;
  diagnostic.where = {file, 1, 1};
  diagnostic.message = std::move(message);
  return diagnostic;
}

std::optional<YamlValue> load_yaml(const std::string& text, const std::string& file,
                                   std::vector<Diagnostic>& errors) {
  if (text.size() > kLargestFile) {
    errors.push_back(file_error(file, fmt::format("larger than {} bytes", kLargestFile)));
    return std::nullopt;
  }
  if (const auto fault = encoding_fault(text)) {
    const std::string advice =
        fault->encoding.empty()
            ? "save the file as UTF-8"
            : fmt::format("the file seems to be {0}: convert it with 'iconv -f {0} -t UTF-8'",
                          fault->encoding);
    errors.push_back({place_of(text, fault->offset, file), fault->what + "; " + advice});
    return std::nullopt;
  }
  const std::string plain(without_mark(text));
  try {
    std::istringstream stream(plain);
    YAML::Parser parser(stream);
    TreeBuilder builder(file, errors);
    parser.HandleNextDocument(builder);
    TreeBuilder rest(file, errors);
    if (parser.HandleNextDocument(rest)) {
      errors.push_back({rest.take().where, "a second YAML document; a spec is a single one"});
      return std::nullopt;
    }
    return builder.take();
  } catch (const Refusal& refusal) {
    errors.push_back(refusal.diagnostic);
  } catch (const YAML::Exception& error) {
    errors.push_back(yaml_error(plain, file, error));
  } catch (const std::exception& error) {
    errors.push_back(file_error(file, "YAML: " + printable(error.what())));
  }
  return std::nullopt;
}

void merge(YamlValue& base, const YamlValue& changes) {
  if (base.kind != YamlKind::mapping || changes.kind != YamlKind::mapping) {
    base = changes;
    return;
  }
  for (const Entry& change : changes.entries) {
    Entry* old = base.find(change.key);
    if (!old) {
      base.entries.push_back(change);
      continue;
    }
    old->where = change.where;
    if (is_choice(change.key)) {
      old->value = change.value;
    } else {
      merge(old->value, change.value);
    }
  }
}

std::optional<Setting> read_setting(const std::string& set, std::vector<Diagnostic>& errors) {
  const Location where{"--set " + printable(set), 0, 0};
  if (const auto fault = encoding_fault(set)) {
    errors.push_back({where, fault->what + "; type it in a terminal whose encoding is UTF-8"});
    return std::nullopt;
  }
  const std::size_t equals = set.find('=');
  Setting setting;
  if (equals != std::string::npos) setting.path = split_path(set.substr(0, equals));
  if (setting.path.empty()) {
    errors.push_back({where, "not of the form key.path=value"});
    return std::nullopt;
  }
  std::vector<Diagnostic> value_errors;
  std::optional<YamlValue> value = load_yaml(set.substr(equals + 1), "", value_errors);
  for (const Diagnostic& error : value_errors) errors.push_back({where, error.message});
  if (!value) return std::nullopt;
  setting.value = std::move(*value);
  relocate(setting.value, where);
  return setting;
}

void assign(YamlValue& root, std::span<const std::string> path, const YamlValue& value) {
  const Location& where = value.where;
  // The keys of `variants` are names that users choose. They may be spelt like a choice.
  const bool in_variants = path.front() == "variants";
  YamlValue* mapping = &root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    Entry& entry = entry_of(*mapping, path[i], where);
    entry.where = where;
    // --set train.optimizer.adam.beta1=0.8 chooses Adam, whichever optimiser the spec has.
    const bool choice = is_choice(path[i]) && !(in_variants && i == 1);
    if (entry.value.kind != YamlKind::mapping || (choice && !entry.value.find(path[i + 1]))) {
      become_mapping(entry.value, where);
    }
    mapping = &entry.value;
  }
  Entry& last = entry_of(*mapping, path.back(), where);
  last.where = where;
  last.value = value;
}

}  // namespace castnet::codegen
