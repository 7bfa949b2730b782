// The files of run directories and of comparisons' folders that castnet reads. A stranger may have
// made them: none is read that is a symbolic link, no regular file, or larger than castnet writes.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "castnet_shared/folder.hpp"
#include "castnet_shared/json.hpp"

namespace castnet::codegen {

/// A file, and the most bytes that it may have.
struct RunFile {
  const char* name;
  std::uint64_t most;
};

constexpr std::uint64_t kMebibyte = 1 << 20;

/// A spec has 256 KiB at most, and so have the values that are set over it.
inline constexpr RunFile kRunJson{"run.json", 4 * kMebibyte};
/// 100,000 epochs, each a row of less than 320 bytes.
inline constexpr RunFile kMetrics{"metrics.csv", 32 * kMebibyte};
/// 256 classes: 65,536 counts, and names that are those of folders.
inline constexpr RunFile kConfusion{"confusion.csv", 2 * kMebibyte};
/// Ten images, and the probabilities of 256 classes.
inline constexpr RunFile kMisclassified{"misclassified.csv", kMebibyte};
/// A row for each of millions of test images.
inline constexpr RunFile kPredictions{"predictions.csv", 256 * kMebibyte};
/// Twenty pictures of 1024 by 1024 pixels, the largest that a network takes.
inline constexpr RunFile kHeatMaps{"grad_cam.png", 64 * kMebibyte};
/// The variants and seeds of a comparison, and its table: a thousand rows.
inline constexpr RunFile kCompareRecord{"compare.json", kMebibyte};
inline constexpr RunFile kCompareTable{"compare.csv", kMebibyte};

/// The folder of the misclassified images, and the most bytes of one: 1024 by 1024 pixels.
inline constexpr const char* kImages = "misclassified";
inline constexpr std::uint64_t kMostImage = 4 * kMebibyte;

/// Runs of a report, and bytes of their files: a page of more is none that a browser shows.
inline constexpr std::size_t kMostRuns = 2000;
inline constexpr std::uint64_t kMostInPage = 256 * kMebibyte;

/// All bytes of the file. Throws FileError.
inline std::string read(const Folder& folder, const RunFile& file) {
  return folder.read(file.name, file.most);
}
/// Nothing if there is none, or if it cannot be read.
std::optional<std::string> read_if_there(const Folder& folder, const RunFile& file);

/// The document in a text that castnet did not make itself. Throws JsonError.
template <class Json = nlohmann::json>
Json parse_json(const std::string& text) {
  check_json(text);
  return Json::parse(text);
}

/// What `use` makes of the document in a run's run.json. Throws FileError, and std::runtime_error
/// where it is not a run's.
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

/// A whole number of a document. Throws JsonError where it is none, or out of the range of Number.
template <class Number, class Json>
Number whole_number(const Json& value) {
  const bool fits =
      value.is_number_unsigned()
          ? std::in_range<Number>(value.template get<std::uint64_t>())
          : value.is_number_integer() && std::in_range<Number>(value.template get<std::int64_t>());
  if (!fits) throw JsonError("has another value where a whole number should be");
  return value.template get<Number>();
}

/// The run directory LABEL/seed-N in a comparison's folder, if it is there. Throws FileError where
/// one of the two is a symbolic link or a file.
std::optional<Folder> find_run(const Folder& comparison, const std::string& label,
                               std::uint64_t seed);

}  // namespace castnet::codegen
