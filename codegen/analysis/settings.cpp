#include "analysis/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <type_traits>

#include "ir/data_fields.hpp"
#include "ir/train_fields.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(double value) { return to_text(value); }
std::string text_of(const FolderPath& folder) { return folder.text; }
std::string text_of(const std::string& word) { return word; }
std::string text_of(ImageChannels channels) { return fmt::to_string(channels.count); }
std::string text_of(const Interval& range) {
  return fmt::format("{} to {}", to_text(range.least), to_text(range.most));
}

template <class Whole>
requires std::is_integral_v<Whole> std::string text_of(Whole value) {
  return fmt::to_string(value);
}

template <Worded Enum>
std::string text_of(Enum value) {
  return std::string(to_word(value));
}

template <class T>
std::string text_of(const std::vector<T>& values) {
  std::vector<std::string> texts;
  for (const T& value : values) texts.push_back(text_of(value));
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// Collects the settings that records use, by their paths in a spec.
class Collector {
 public:
  template <class T>
  void add(const std::string& path, const T& value) {
    if constexpr (Recorded<T>) {
      add_fields(path, value);
    } else {
      all.emplace_back(path, text_of(value));
    }
  }

  template <class T>
  void add(const std::string& path, const std::optional<T>& value) {
    if (value) add(path, *value);
  }

  void add(const std::string& path, const std::vector<RateSpec>& rates) {
    for (const RateSpec& rate : rates) add(path + "." + rate.on, rate.factor);
  }

  std::vector<std::pair<std::string, std::string>> all;

 private:
  template <class Record>
  void add_fields(const std::string& path, const Record& record) {
    constexpr Spelling kSpelling = TableOf<Record>::kSpelling;
    std::string below = path;
    if constexpr (kSpelling == Spelling::choice || kSpelling == Spelling::named) {
      add(path, std::string(kind_word(record)));
      below = fmt::format("{}.{}", path, kind_word(record));
    }
    bool first = true;
    for_each_field<Record>([&](const auto& field) {
      // A value that stands for a whole record has the record's path.
      bool whole = kSpelling == Spelling::shorthand && std::exchange(first, false);
      if constexpr (kSpelling == Spelling::choice) whole = field.name == kind_word(record);
      if (!used(record, field)) return;
      add(whole ? below : fmt::format("{}.{}", below, field.name), record.*field.pointer);
    });
  }
};

}  // namespace

std::vector<std::pair<std::string, std::string>> settings(const Spec& spec) {
  Collector collector;
  collector.add("data", spec.data);
  collector.add("budget", spec.budget);
  collector.add("train", spec.train);
  return std::move(collector.all);
}

}  // namespace castnet::codegen
