#include "spec/reader.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <sstream>

#include "castnet_shared/encoding.hpp"
#include "spec/hints.hpp"
#include "spec/names.hpp"

namespace castnet::codegen {
namespace {

/// The description of a value, for the end of "must be …, not …".
std::string shown(const YamlValue& value) {
  switch (value.kind) {
    case YamlKind::null:
      return "nothing";
    case YamlKind::sequence:
      return "a list";
    case YamlKind::mapping:
      return "a mapping";
    case YamlKind::scalar:
      break;
  }
  return value.quoted ? "the string " + quote(value.text) : quote(value.text);
}

/// A bound as a user would write it: 100000 and 0.5, not 1e+05.
std::string bound(double value) {
  return std::abs(value) < 1e18 && value == std::floor(value)
             ? fmt::format("{}", static_cast<std::int64_t>(value))
             : fmt::format("{}", value);
}

bool within(const Range& range, double value) {
  const bool low = range.open_least ? value > range.least : value >= range.least;
  const bool high = range.open_most ? value < range.most : value <= range.most;
  return low && high;
}

/// The number that the whole scalar spells in C's decimal notation, without a leading '+'.
template <class Number>
std::optional<Number> parse_number(const YamlValue& value) {
  if (value.kind != YamlKind::scalar || value.quoted) return std::nullopt;
  Number number{};
  const char* const end = value.text.data() + value.text.size();
  const auto [stop, fault] = std::from_chars(value.text.data(), end, number);
  if (fault != std::errc{} || stop != end) return std::nullopt;
  return number;
}

template <class Number>
void read_number(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                 std::string_view expected, Number& out) {
  const auto number = parse_number<Number>(value);
  // Infinity and NaN parse as floating point and lie outside of every range that a key should have;
  // a key without a range must not take them either.
  if (!number || !std::isfinite(static_cast<double>(*number)) ||
      !within(facts.range, static_cast<double>(*number))) {
    report_type(reader, value, facts, expected);
    return;
  }
  out = *number;
}

/// Visits every item of a list that is not empty.
template <class Number>
void read_list(Reader& reader, const YamlValue& value, const KeyFacts& facts,
               std::string_view example, std::vector<Number>& out) {
  if (value.kind != YamlKind::sequence || value.items.empty()) {
    reader.error(value.where, fmt::format("'{}' must be a list, as in '{}'", facts.name, example));
    return;
  }
  std::vector<Number> numbers;
  for (const YamlValue& item : value.items) {
    Number number{};
    read_value(reader, item, facts, number);
    numbers.push_back(number);
  }
  out = std::move(numbers);
}

}  // namespace

std::string describe(const Range& range) {
  std::string text;
  if (std::isfinite(range.least)) {
    text = (range.open_least ? " above " : " from ") + bound(range.least);
  }
  if (std::isfinite(range.most)) {
    const bool closed = std::isfinite(range.least) && !range.open_least;
    text += text.empty() ? "" : closed ? " to" : " and";
    text += (range.open_most ? " below " : closed ? " " : " at most ") + bound(range.most);
  }
  return text;
}

void report_type(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                 std::string_view expected) {
  reader.error(value.where, fmt::format("'{}' must be {}{}, not {}", facts.name, expected,
                                        describe(facts.range), shown(value)));
}

Reader::Reader(const std::string& source) {
  std::istringstream stream{std::string(without_mark(source))};
  for (std::string line; std::getline(stream, line);) lines_.push_back(line);
}

void Reader::error(const Location& where, std::string message) {
  errors.push_back({where, std::move(message)});
}

Location Reader::inside(const YamlValue& scalar, std::size_t offset) const {
  const Location& start = scalar.where;
  if (start.line < 1 || static_cast<std::size_t>(start.line) > lines_.size()) return start;
  const std::string& line = lines_[static_cast<std::size_t>(start.line) - 1];
  const std::size_t first = static_cast<std::size_t>(start.column) - 1 + (scalar.quoted ? 1 : 0);
  if (first > line.size() || line.compare(first, scalar.text.size(), scalar.text) != 0) {
    return start;
  }
  return {start.file, start.line, static_cast<int>(first + offset) + 1};
}

const Location* Reader::given(const std::string& path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? nullptr : &found->second;
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, int& out) {
  read_number(reader, value, facts, "a whole number", out);
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, std::int64_t& out) {
  read_number(reader, value, facts, "a whole number", out);
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, std::uint64_t& out) {
  read_number(reader, value, facts, "a whole number", out);
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, double& out) {
  read_number(reader, value, facts, "a number", out);
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts, bool& out) {
  const bool plain = value.kind == YamlKind::scalar && !value.quoted;
  if (plain && (value.text == "true" || value.text == "false")) {
    out = value.text == "true";
  } else {
    report_type(reader, value, facts, "true or false");
  }
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                std::vector<int>& out) {
  read_list(reader, value, facts, "[10, 15]", out);
}

void read_value(Reader& reader, const YamlValue& value, const KeyFacts& facts,
                std::vector<double>& out) {
  read_list(reader, value, facts, "[0.25, 0.75]", out);
}

Form form_of(Type<int>, const KeyFacts& facts) {
  return form_of_kind(FormKind::integer, facts.range);
}

Form form_of(Type<double>, const KeyFacts& facts) {
  return form_of_kind(FormKind::number, facts.range);
}

Form form_of(Type<bool>, const KeyFacts&) { return form_of_kind(FormKind::boolean); }

std::optional<std::size_t> read_word(Reader& reader, const YamlValue& value, std::string_view what,
                                     Words words) {
  if (value.kind != YamlKind::scalar) {
    reader.error(value.where, fmt::format("'{}' must be a word, not {}", what, shown(value)));
    return std::nullopt;
  }
  const auto found = std::find(words.begin(), words.end(), value.text);
  if (found == words.end()) {
    reader.error(value.where, fmt::format("unknown {} {}; {}", what, quote(value.text),
                                          word_hint(value.text, words, "known")));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - words.begin());
}

bool check_mapping(Reader& reader, const YamlValue& value, std::string_view section) {
  if (value.kind == YamlKind::mapping || value.kind == YamlKind::null) return true;
  reader.error(value.where,
               fmt::format("'{}' must be a mapping (key: value), not {}", section, shown(value)));
  return false;
}

void report_unknown(Reader& reader, const Entry& entry, std::string_view section, Words known) {
  const std::string where =
      section.empty() ? "at the top level" : fmt::format("in {}", quote(section));
  reader.error(entry.where, fmt::format("unknown key {} {}; {}", quote(entry.key), where,
                                        key_hint(entry.key, section, known)));
}

void report_misplaced(Reader& reader, const Entry& entry, std::string_view section, Words known) {
  reader.error(entry.where, fmt::format("key {} does not apply to {}, whose keys are {}",
                                        quote(entry.key), quote(section), fmt::join(known, ", ")));
}

void report_missing(Reader& reader, const Location& where, std::string_view section,
                    const KeyFacts& key) {
  const std::string owner = section.empty() ? "a spec" : fmt::format("'{}'", section);
  reader.error(where, fmt::format("{} needs '{}: {}'", owner, key.name, key.example));
}

std::optional<Choice> read_choice(Reader& reader, const YamlValue& value, std::string_view what,
                                  Words words) {
  Choice choice;
  YamlValue name = value;
  if (value.kind == YamlKind::mapping) {
    if (value.entries.size() != 1) {
      reader.error(value.where, fmt::format("'{}' must be one choice, as in '{}: {{{}: ...}}', "
                                            "not {}",
                                            what, what, words.back(), value.entries.size()));
      return std::nullopt;
    }
    const Entry& entry = value.entries.front();
    name = YamlValue{};
    name.kind = YamlKind::scalar;
    name.text = entry.key;
    name.where = entry.where;
    choice.settings = &entry.value;
  }
  const auto index = read_word(reader, name, what, words);
  if (!index) return std::nullopt;
  choice.index = *index;
  choice.name = words[*index];
  choice.where = value.where;
  return choice;
}

}  // namespace castnet::codegen
