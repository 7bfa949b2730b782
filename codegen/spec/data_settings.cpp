#include "spec/data_settings.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "castnet_shared/limits.hpp"
#include "ir/data_fields.hpp"
#include "spec/data_sets.hpp"
#include "spec/names.hpp"
#include "spec/record.hpp"

namespace castnet::codegen {

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, ImageChannels& out) {
  const std::size_t before = reader.errors.size();
  int count = 0;
  read_value(reader, value, facts, count);
  if (reader.errors.size() > before) return;
  if (count == 2) reader.error(value.where, fmt::format("'{}' must be 1 or 3, not 2", facts.name));
  out.count = count;
}

Form form_of(Type<ImageChannels>, const KeyFacts&) {
  return either({form_of_kind(FormKind::integer, from_to(1, 1)),
                 form_of_kind(FormKind::integer, from_to(3, 3))});
}

namespace {

constexpr std::string_view kFolder = "image_folder";
constexpr std::size_t kLongestPath = 255;

const std::vector<std::string_view>& names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> all;
    for (const DataSetFacts& one : data_sets()) all.push_back(one.name);
    all.push_back(kFolder);
    return all;
  }();
  return kNames;
}

/// The keys of a data set, by its index in names().
std::vector<Key<DataSetFacts>> data_keys(std::size_t index) {
  using Kinds = TableOf<DataSetFacts>;
  return record_keys<DataSetFacts>(index < data_sets().size() ? Kinds::known : Kinds::image_folder);
}

/// The reason why a path cannot stand in a string literal, or would leave the data root; empty if
/// there is none.
std::string_view path_fault(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kLongestPath) return "is longer than 255 bytes";
  const bool plain = std::all_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != '"' && c != '\'' &&
           c != '\\';
  });
  if (!plain) return "must not hold control characters, quotes and backslashes";
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return "must not hold '..'";
    at = end + 1;
  }
  return {};
}

void check_statistics(Reader& reader, const DataSetFacts& facts, const Location& where) {
  const auto count = static_cast<std::size_t>(facts.channels.count);
  const auto check = [&](std::string_view key, const std::vector<double>& numbers) {
    const Location* const given = reader.given(fmt::format("data.{}.{}", facts.name, key));
    if (!given || count == 0 || numbers.size() == count) return;
    reader.error(
        *given, fmt::format("'{}' has {} numbers, but images have {} {}; give one per channel", key,
                            numbers.size(), count, count == 1 ? "channel" : "channels"));
  };
  check("mean", facts.mean);
  check("std", facts.std);
  if (facts.mean.empty() != facts.std.empty()) {
    reader.error(where, "'mean' and 'std' need each other; give both or neither");
  }
}

/// Trains on fewer images, and tests on those instead of the test images.
void hold_out(Reader& reader, DataSetFacts& facts) {
  const Location* const given = reader.given(fmt::format("data.{}.hold_out", facts.name));
  if (!given || facts.training_images == 0) return;  // the trainer checks when it has read them
  if (facts.hold_out >= facts.training_images) {
    reader.error(*given, fmt::format("'hold_out' {} leaves none of the {} training images",
                                     facts.hold_out, facts.training_images));
  }
  facts.training_images -= facts.hold_out;
  facts.test_images = facts.hold_out;
}

}  // namespace

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, FolderPath& out) {
  if (value.kind != YamlKind::scalar) return report_type(reader, value, facts, "a folder");
  if (const std::string_view fault = path_fault(value.text); !fault.empty()) {
    reader.error(value.where, fmt::format("'{}' {} {}", facts.name, quote(value.text), fault));
  }
  out.text = value.text;
}

/// A pattern for the rules of path_fault(), with characters for bytes.
Form form_of(Type<FolderPath>, const KeyFacts&) {
  return text_form(
      fmt::format(R"(^(?!(.*/)?\.\.(/|$))[^"'\\\x00-\x1f\x7f]{{1,{}}}$)", kLongestPath));
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& key, DataSetFacts& out) {
  const auto choice = read_choice(reader, value, key.name, names());
  if (!choice) return;
  const auto known = data_sets();
  DataSetFacts facts;
  if (choice->index < known.size()) facts = known[choice->index];
  facts.name = choice->name;
  const std::size_t before = reader.errors.size();
  read_settings(reader, *choice, data_keys(choice->index), facts);
  if (reader.errors.size() > before) return;
  check_statistics(reader, facts, value.where);
  hold_out(reader, facts);
  out = std::move(facts);
}

Form form_of(Type<DataSetFacts>, const KeyFacts&) {
  Form form = form_of_kind(FormKind::choice);
  for (const std::string_view name : names()) {
    const auto keys = data_keys(form.properties.size());
    form.properties.push_back({std::string(name), "", false, mapping_form(keys)});
  }
  return form;
}

}  // namespace castnet::codegen
