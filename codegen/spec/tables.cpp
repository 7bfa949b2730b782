#include "spec/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <type_traits>

#include "ir/data_fields.hpp"
#include "ir/layer_fields.hpp"
#include "ir/train_fields.hpp"
#include "spec/reader.hpp"

namespace castnet::codegen {
namespace {

// ---- Values as documentation writes them --------------------------------------------------------

std::string shown(bool value) { return value ? "`true`" : "`false`"; }
template <class Whole>
requires std::is_integral_v<Whole> std::string shown(Whole value) { return fmt::to_string(value); }
template <Worded Enum>
std::string shown(Enum value) {
  return fmt::format("`{}`", to_word(value));
}
template <ByKind Record>
std::string shown(const Record& record) {
  return shown(record.kind);
}

/// 1e-8, not 1e-08.
std::string shown(double value) {
  std::string text = fmt::format("{:.5g}", value);
  if (const std::size_t zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
  return text;
}

std::string shown(const PenaltySpec& penalty) { return shown(penalty.factor); }

std::string shown(const Interval& range) {
  return fmt::format("[{}, {}]", shown(range.least), shown(range.most));
}

// ---- Types --------------------------------------------------------------------------------------

template <Worded Enum>
std::string type_name(Type<Enum>) {
  return "word";
}
template <class Whole>
requires std::is_integral_v<Whole> std::string type_name(Type<Whole>) { return "integer"; }
std::string type_name(Type<bool>) { return "`true`, `false`"; }
std::string type_name(Type<double>) { return "number"; }
std::string type_name(Type<FolderPath>) { return "text"; }
std::string type_name(Type<ImageChannels>) { return "integer"; }
std::string type_name(Type<Interval>) { return "list: least, most"; }
std::string type_name(Type<std::vector<std::string>>) { return "word, or list of words"; }
std::string type_name(Type<std::vector<RateSpec>>) { return "mapping"; }
template <class T>
std::string type_name(Type<std::vector<T>>) {
  return fmt::format("list of {}s", type_name(Type<T>{}));
}
template <Recorded Record>
std::string type_name(Type<Record>) {
  constexpr Spelling kSpelling = TableOf<Record>::kSpelling;
  if constexpr (kSpelling == Spelling::shorthand) {
    using T = typename std::remove_cvref_t<decltype(kField<Record, 0>)>::Type;
    return fmt::format("{} or mapping", type_name(Type<T>{}));
  } else {
    const bool choice = kSpelling == Spelling::choice || kSpelling == Spelling::named;
    return choice ? "word or mapping" : kSpelling == Spelling::list ? "list" : "mapping";
  }
}
template <Recorded Record>
std::string type_name(Type<std::optional<Record>>) {
  return "`none` or mapping";
}

/// The record inside of an optional type, or the type itself.
template <class T>
struct Inner {
  using Of = T;
};
template <class T>
struct Inner<std::optional<T>> {
  using Of = T;
};

// ---- Cells --------------------------------------------------------------------------------------

std::string link(std::string_view title) {
  std::string anchor(title);
  for (char& c : anchor) {
    c = c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return fmt::format("[{}](#{})", title, anchor);
}

template <class T>
std::string range_of(const FieldFacts& field) {
  std::vector<std::string> parts;
  if (const std::string range = describe(field.range); !range.empty()) {
    constexpr std::string_view kFrom = " from ";
    const bool closed = range.starts_with(kFrom) && range.find(" to ") != std::string::npos;
    parts.push_back(range.substr(closed ? kFrom.size() : 1));
  }
  if constexpr (Worded<T>) {
    std::vector<std::string> words;
    for (const std::string_view word : words_of<T>(field))
      words.push_back(fmt::format("`{}`", word));
    parts.push_back(fmt::format("{}", fmt::join(words, ", ")));
  }
  if (!field.rule.empty()) parts.emplace_back(field.rule);
  if constexpr (Recorded<typename Inner<T>::Of>) {
    parts.push_back("see " + link(TableOf<typename Inner<T>::Of>::kTitle));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

template <class T>
std::string default_of(const FieldFacts& field, const T& value) {
  if (!field.bare.empty()) return fmt::format("`{}`", field.bare);
  const bool takes_zero = field.range.open_least ? field.range.least < 0 : field.range.least <= 0;
  if (field.zero_is_none && is_none(value) && !(std::is_arithmetic_v<T> && takes_zero)) {
    return "none";
  }
  if constexpr (requires { shown(value); }) {
    return shown(value);
  } else {
    return "";
  }
}

/// The default value. A choice lists one for each kind where they differ.
template <class Record, class T>
std::string default_of(const Field<Record, T>& field) {
  if (field.required) return "required";
  if (field.usual) return field.usual();
  if constexpr (ByKind<Record>) {
    std::vector<std::string> texts;
    std::vector<std::string> by_kind;
    for (const std::string_view word : kWords<decltype(Record::kind)>) {
      const auto kind = *from_word<decltype(Record::kind)>(word);
      if (!holds(field, static_cast<std::size_t>(kind))) continue;
      texts.push_back(default_of(field, usual<Record>(kind).*field.pointer));
      by_kind.push_back(fmt::format("{} {}", word, texts.back()));
    }
    const bool same = std::ranges::count(texts, texts.front()) == std::ssize(texts);
    return same ? texts.front() : fmt::format("{}", fmt::join(by_kind, ", "));
  } else {
    return default_of(field, Record{}.*field.pointer);
  }
}

std::string or_dash(std::string text) { return text.empty() ? "–" : text; }

/// The example of a field, after the other fields that it needs.
std::string assignment(const FieldFacts& field) {
  return fmt::format("{}{}{}: {}", field.beside, field.beside.empty() ? "" : ", ", field.name,
                     field.example);
}

/// The cells of a field, except for its key and the kinds that have it.
template <class Record, class T>
std::string cells(const Field<Record, T>& field, const std::string& example) {
  return fmt::format("{} | {} | {} | {} | {} | `{}` |\n", type_name(Type<T>{}),
                     or_dash(std::string(field.unit)), or_dash(default_of(field)),
                     or_dash(range_of<T>(field)), field.doc, example);
}

constexpr char kCells[] = "type | unit | default | range | meaning | example |\n";
constexpr char kRule[] = "--- | --- | --- | --- | --- | --- |\n";

// ---- Tables -------------------------------------------------------------------------------------

/// The table of a record under `key`. With an empty `key` its fields stand directly in the section.
template <Recorded Record>
FieldTable plain_table(std::string_view key) {
  FieldTable table{std::string(TableOf<Record>::kTitle),
                   fmt::format("| key | {}| --- | {}", kCells, kRule)};
  for_each_field<Record>([&](const auto& field) {
    const std::string given = assignment(field);
    table.text +=
        fmt::format("| `{}` | {}", field.name,
                    cells(field, key.empty() ? given : fmt::format("{}: {{{}}}", key, given)));
  });
  return table;
}

/// The table of a choice under `key`, with the kinds that have each field.
template <Recorded Record>
FieldTable choice_table(std::string_view key, Words words) {
  FieldTable table{std::string(TableOf<Record>::kTitle),
                   fmt::format("| key | for | {}| --- | --- | {}", kCells, kRule)};
  for_each_field<Record>([&](const auto& field) {
    std::vector<std::string_view> kinds;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (holds(field, i)) kinds.push_back(words[i]);
    }
    const bool alone = kinds.front() == field.name;
    const std::string given =
        alone ? assignment(field) : fmt::format("{}: {{{}}}", kinds.front(), assignment(field));
    table.text += fmt::format(
        "| `{}` | {} | {}", field.name,
        kinds.size() == words.size() ? "all" : fmt::format("{}", fmt::join(kinds, ", ")),
        cells(field, fmt::format("{}: {{{}}}", key, given)));
  });
  return table;
}

/// The table of the items of `augment` with their fields.
FieldTable augment_table() {
  FieldTable table{std::string(TableOf<AugmentSpec>::kTitle),
                   fmt::format("| item | key | {}| --- | --- | {}", kCells, kRule)};
  for_each_field<AugmentSpec>([&](const auto& item) {
    using T = typename Inner<typename std::remove_cvref_t<decltype(item)>::Type>::Of;
    if constexpr (Recorded<T>) {
      bool first = TableOf<T>::kSpelling == Spelling::shorthand;
      for_each_field<T>([&](const auto& field) {
        const bool bare = std::exchange(first, false);
        const std::string given =
            bare ? std::string(field.example) : fmt::format("{{{}}}", assignment(field));
        table.text += fmt::format(
            "| `{}` | `{}`{} | {}", item.name, field.name, bare ? " (or the bare number)" : "",
            cells(field, fmt::format("augment: [{{{}: {}}}]", item.name, given)));
      });
    } else {
      table.text +=
          fmt::format("| `{}` | – | {}", item.name,
                      cells(item, fmt::format("augment: [{{{}: {}}}]", item.name, item.example)));
    }
  });
  return table;
}

}  // namespace

std::vector<FieldTable> field_tables() {
  static constexpr std::string_view kDataSets[] = {"cifar10", "image_folder"};
  return {choice_table<DataSetFacts>("data", kDataSets),
          choice_table<NormSpec>("norm", kWords<NormKind>),
          choice_table<ActivationSpec>("activation", kWords<ActivationKind>),
          plain_table<DropoutSpec>("dropout"),
          plain_table<Budget>("budget"),
          plain_table<TrainSpec>(""),
          choice_table<OptimizerSpec>("optimizer", kWords<OptimizerKind>),
          plain_table<PenaltySpec>("l1"),
          choice_table<ScheduleSpec>("schedule", kWords<ScheduleKind>),
          augment_table(),
          choice_table<ClipSpec>("clip", kWords<ClipKind>),
          plain_table<EarlyStoppingSpec>("early_stopping")};
}

std::string begin_of(const FieldTable& table) {
  return fmt::format("<!-- castnet schema --tables: {} -->\n", table.title);
}

}  // namespace castnet::codegen
