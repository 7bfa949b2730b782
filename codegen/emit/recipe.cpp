#include "emit/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <type_traits>

#include "emit/lines.hpp"
#include "ir/data_fields.hpp"
#include "ir/train_fields.hpp"

namespace castnet::codegen {
namespace {

/// The runtime's name of an enumeration.
template <Worded Enum>
constexpr std::string_view kType{};
template <>
constexpr std::string_view kType<OptimizerKind> = "OptimizerRecipe::Kind";
template <>
constexpr std::string_view kType<ScheduleKind> = "ScheduleRecipe::Kind";
template <>
constexpr std::string_view kType<Anneal> = "ScheduleRecipe::Anneal";
template <>
constexpr std::string_view kType<Border> = "Border";
template <>
constexpr std::string_view kType<Flip> = "AugmentRecipe::Flip";
template <>
constexpr std::string_view kType<ClipKind> = "ClipRecipe::Kind";
template <>
constexpr std::string_view kType<StopMetric> = "EarlyStoppingRecipe::Metric";

std::string literal(bool value) { return value ? "true" : "false"; }
std::string literal(double value) { return to_text(value); }
std::string literal(const FolderPath& folder) { return fmt::format("\"{}\"", folder.text); }

template <class Whole>
requires std::is_integral_v<Whole> std::string literal(Whole value) {
  return fmt::to_string(value);
}

template <Worded Enum>
std::string literal(Enum value) {
  static_assert(!kType<Enum>.empty(), "the runtime has no such enumeration");
  return fmt::format("{}::{}", kType<Enum>, to_word(value));
}

/// Writes the fields that records use as designated initialisers of the runtime's, in their order.
class Writer {
 public:
  /// The initialisers of a record, one below the other; the first stands in so many columns.
  template <Recorded Record>
  std::string members(const Record& record, std::size_t columns) {
    std::vector<std::string> all;
    if constexpr (ByKind<Record>) add(all, "kind", record.kind, columns);
    const auto add_all = [&]<std::size_t... kRows>(std::index_sequence<kRows...>) {
      (add_field<kRows>(all, record, columns), ...);
    };
    add_all(Rows<Record>{});
    if constexpr (std::is_same_v<Record, OptimizerSpec>) all.push_back(".groups = kGroups");
    return fmt::format("{}", fmt::join(all, ",\n" + std::string(columns, ' ')));
  }

  /// The constants that members name.
  std::string lists() const { return lists_; }

 private:
  using Members = std::vector<std::string>;

  template <std::size_t kRow, Recorded Record>
  void add_field(Members& all, const Record& record, std::size_t columns) {
    constexpr const auto& field = kField<Record, kRow>;
    if constexpr (!field.elsewhere) {
      if (!used(record, field)) return;
      add(all, field.member.empty() ? field.name : field.member, record.*field.pointer, columns);
    }
  }

  template <class T>
  void add(Members& all, std::string_view name, const T& value, std::size_t columns) {
    if constexpr (Recorded<T>) {
      const std::string begin = fmt::format(".{} = {{", name);
      all.push_back(begin + members(value, columns + begin.size()) + '}');
    } else {
      all.push_back(fmt::format(".{} = {}", name, literal(value)));
    }
  }

  template <class T>
  void add(Members& all, std::string_view name, const std::optional<T>& value,
           std::size_t columns) {
    add(all, name, *value, columns);
  }

  void add(Members& all, std::string_view name, const Interval& range, std::size_t) {
    all.push_back(fmt::format(".least_{} = {}", name, literal(range.least)));
    all.push_back(fmt::format(".most_{} = {}", name, literal(range.most)));
  }

  /// The runtime has its members among those of the augmentation.
  void add(Members& all, std::string_view, const CropSpec& crop, std::size_t columns) {
    all.push_back(members(crop, columns));
  }

  /// A constant of its own: a span cannot hold what it views.
  template <class T>
  void add(Members& all, std::string_view name, const std::vector<T>& values, std::size_t) {
    std::vector<std::string> texts;
    for (const T& value : values) texts.push_back(literal(value));
    std::string constant = fmt::format("k{}", name);
    constant[1] = static_cast<char>(constant[1] - 'a' + 'A');
    lists_ += fmt::format("static constexpr std::array<{}, {}> {}{{{}}};\n",
                          std::is_same_v<T, int> ? "int" : "double", values.size(), constant,
                          fmt::join(texts, ", "));
    all.push_back(fmt::format(".{} = {}", name, constant));
  }

  std::string lists_;
};

constexpr std::size_t kRecipeColumns = 4;

}  // namespace

Values recipe_values(const Spec& spec) {
  Writer writer;
  const std::string data_members = writer.members(spec.data, 0);
  Values values{{"name", spec.name},
                {"variant", spec.variant},
                {"data", spec.data.name},
                {"data_members", data_members.empty() ? "" : data_members + ','},
                {"batch", fmt::to_string(spec.train.batch)},
                {"classes", fmt::to_string(spec.data.classes)},
                {"channels", fmt::to_string(spec.data.channels.count)},
                {"height", fmt::to_string(spec.data.height)},
                {"width", fmt::to_string(spec.data.width)},
                {"recipe", writer.members(spec.train, kRecipeColumns)}};
  values["lists"] = writer.lists();
  return values;
}

}  // namespace castnet::codegen
