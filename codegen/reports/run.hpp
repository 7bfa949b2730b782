// A finished run as its directory tells it.
#pragma once

#include <castnet_report/comparison.hpp>
#include <castnet_report/confusion.hpp>
#include <castnet_report/predictions.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "programs/load.hpp"
#include "reports/find.hpp"

namespace castnet::codegen {

/// A test image that the run's network gets wrong.
struct WrongImage {
  report::Prediction prediction;  ///< with the probabilities of all classes
  std::string png;
};

struct ReportedRun {
  std::filesystem::path folder;
  std::string label;  ///< of its variant
  std::string name;
  std::string title;  ///< of its pictures
  std::string variant;
  std::uint64_t seed = 0;
  std::int64_t parameters = 0;
  int reported_epoch = 0;  ///< whose network confusion and images show
  std::vector<std::pair<std::string, std::string>> facts;  ///< data set, epochs, target and so on
  bool held_out = false;   ///< its test images are training images that were held out
  std::string conditions;  ///< equal where all but spec and seed is
  std::string spec_text;
  std::vector<std::string> sets;  ///< that were put over it
  std::string spec_sha256;
  std::optional<Loaded> spec;  ///< nothing where this castnet cannot read it
  report::Run epochs;
  report::Confusion confusion;
  std::vector<WrongImage> worst;
  std::string heat_maps;  ///< of these images, a PNG file; empty if the run drew none
};

/// Why a found run has no report yet, by its run.json.
struct Unfinished {
  std::string status;            ///< "interrupted" and so on
  bool non_finite_loss = false;  ///< it failed by that, and would again
};

/// Reads a run, if it is finished, and takes what it reads off the bytes that are `left`. Throws
/// ReportError where a file is missing, damaged, no regular file (a symbolic link, for one) or too
/// large, or where no bytes are left; FileError where the folder cannot be read. A spec that cannot
/// be read is no error, but told on standard error.
std::variant<ReportedRun, Unfinished> read_run(const FoundRun& run, std::uint64_t& left);

}  // namespace castnet::codegen
