// Reads the files of run directories and of comparisons' folders.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "castnet_shared/json.hpp"
#include "castnet_shared/run_files.hpp"

namespace castnet::codegen {

/// The largest number of variants and seeds of a comparison; its table has a thousand rows.
inline constexpr RunFile kCompareRecord{"compare.json", kMebibyte};
inline constexpr RunFile kCompareTable{"compare.csv", kMebibyte};

/// The largest number of runs in a report, and of bytes of their files. A browser could not show a
/// larger page.
inline constexpr std::size_t kMostRuns = 2000;
inline constexpr std::uint64_t kMostInPage = 256 * kMebibyte;

/// The JSON document in a text that castnet may not have made itself. Throws JsonError.
template <class Json = nlohmann::json>
Json parse_json(const std::string& text) {
  check_json(text);
  return Json::parse(text);
}

/// The result of `use` for the document in a run's run.json. Throws FileError, and
/// std::runtime_error if it is not that of a run.
template <class Use>
auto with_run_json(const Folder& run, Use use) {
  const auto fault = [&](const std::exception& error) {
    return std::runtime_error((run / kRunJson.name).string() +
                              ": not a run's JSON: " + error.what());
  };
  const std::string text = read(run, kRunJson);
  try {
    return use(parse_json(text));
  } catch (const nlohmann::json::exception& error) {
    throw fault(error);
  } catch (const JsonError& error) {
    throw fault(error);
  }
}

/// A whole number in a document. Throws JsonError if it is not one, or not in the range of Number.
template <class Number, class Json>
Number whole_number(const Json& value) {
  const bool fits =
      value.is_number_unsigned()
          ? std::in_range<Number>(value.template get<std::uint64_t>())
          : value.is_number_integer() && std::in_range<Number>(value.template get<std::int64_t>());
  if (!fits) throw JsonError("has another value where a whole number should be");
  return value.template get<Number>();
}

/// The run directory LABEL/seed-N in a comparison's folder, if it exists. Throws FileError if one
/// of the two is a symbolic link or a file.
std::optional<Folder> find_run(const Folder& comparison, const std::string& label,
                               std::uint64_t seed);

}  // namespace castnet::codegen
