#include "spec/data_settings.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "castnet_shared/limits.hpp"
#include "spec/data_sets.hpp"
#include "spec/names.hpp"

namespace castnet::codegen {

/// One for grey images, three for colours.
struct ImageChannels {
  int count = 0;
};

struct FolderPath {
  std::string text;
};

/// What may be given of a data set.
struct DataSettings {
  FolderPath path;
  ImageChannels channels;
  int height = 0;
  int width = 0;
  int classes = 0;
  Maybe<int> hold_out;
  Maybe<std::vector<double>> mean;
  Maybe<std::vector<double>> deviation;
};

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, ImageChannels& out) {
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

const std::vector<Key<DataSettings>>& data_keys(std::size_t index) {
  using D = DataSettings;
  constexpr Range kSide = from_to(1, 1024);
  static const auto mean =
      make_key<D, &D::mean>("mean", "of each channel, pixels in 0 to 1", from_to(0, 1));
  // Below 1e-4 normalised pixels would leave float32's comfortable range.
  static const auto deviation = make_key<D, &D::deviation>(
      "deviation", "of each channel, pixels in 0 to 1", from_to(1e-4, 1));
  static const auto hold_out = make_key<D, &D::hold_out>(
      "hold_out", "training images that take the test images' place", from_to(1, 1e9));
  static const std::vector<Key<D>> kKnown = {hold_out, mean, deviation};
  static const std::vector<Key<D>> kAnyFolder = {
      make_key<D, &D::path>("path", "below the data root, or absolute").needed("path: flowers"),
      make_key<D, &D::channels>("channels", "1 (grey) or 3 (colours)", from_to(1, 3))
          .needed("channels: 3"),
      make_key<D, &D::height>("height", "pixels that images are scaled to", kSide)
          .needed("height: 32"),
      make_key<D, &D::width>("width", "pixels that images are scaled to", kSide)
          .needed("width: 32"),
      make_key<D, &D::classes>("classes", "folders of images", from_to(2, kMostClasses))
          .needed("classes: 10"),
      hold_out,
      mean,
      deviation};
  return index < data_sets().size() ? kKnown : kAnyFolder;
}

/// Why a path cannot stand in a string literal, or would leave the data root; empty if it can.
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

/// Puts mean and deviation over those that are known.
void set_statistics(Reader& reader, const DataSettings& settings, const Location& where,
                    DataSetFacts& facts) {
  const auto count = static_cast<std::size_t>(facts.image.channels);
  const auto set = [&](const Maybe<std::vector<double>>& given, std::string_view key,
                       std::vector<double>& out) {
    if (!given) return;
    out = given->value;
    if (count > 0 && out.size() != count) {
      reader.error(given->where,
                   fmt::format("'{}' has {} numbers, but images have {} {}; give one a channel",
                               key, out.size(), count, count == 1 ? "channel" : "channels"));
    }
  };
  set(settings.mean, "mean", facts.mean);
  set(settings.deviation, "deviation", facts.deviation);
  if (facts.mean.empty() != facts.deviation.empty()) {
    reader.error(where, "'mean' and 'deviation' stand together, or neither does");
  }
}

/// Trains on fewer images, and tests on those instead of the test images.
void set_hold_out(Reader& reader, const Maybe<int>& given, DataSetFacts& facts) {
  if (!given) return;
  facts.hold_out = given->value;
  if (facts.training_images == 0) return;  // the trainer checks when it has read them
  if (given->value >= facts.training_images) {
    reader.error(given->where, fmt::format("'hold_out' {} leaves none of the {} training images",
                                           given->value, facts.training_images));
  }
  facts.training_images -= given->value;
  facts.test_images = given->value;
}

DataSetFacts folder_facts(const DataSettings& settings) {
  DataSetFacts facts;
  facts.name = kFolder;
  facts.image = {settings.channels.count, settings.height, settings.width};
  facts.classes = settings.classes;
  facts.folder = settings.path.text;
  return facts;
}

}  // namespace

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, FolderPath& out) {
  if (value.kind != ValueKind::scalar) return report_type(reader, value, facts, "a folder");
  if (const std::string_view fault = path_fault(value.text); !fault.empty()) {
    reader.error(value.where, fmt::format("'{}' {} {}", facts.name, quote(value.text), fault));
  }
  out.text = value.text;
}

/// As path_fault() has it, with characters for bytes.
Form form_of(Type<FolderPath>, const KeyFacts&) {
  return text_form(
      fmt::format(R"(^(?!(.*/)?\.\.(/|$))[^"'\\\x00-\x1f\x7f]{{1,{}}}$)", kLongestPath));
}

void read_value(Reader& reader, const Value& value, const KeyFacts& key, DataSetFacts& out) {
  const auto choice = read_choice(reader, value, key.name, names());
  if (!choice) return;
  const std::size_t before = reader.errors.size();
  DataSettings settings;
  read_settings(reader, *choice, data_keys(choice->index), settings);
  if (reader.errors.size() > before) return;
  const auto known = data_sets();
  DataSetFacts facts = choice->index < known.size() ? known[choice->index] : folder_facts(settings);
  set_statistics(reader, settings, value.where, facts);
  set_hold_out(reader, settings.hold_out, facts);
  out = std::move(facts);
}

Form form_of(Type<DataSetFacts>, const KeyFacts&) { return choice_form(names(), data_keys); }

}  // namespace castnet::codegen
