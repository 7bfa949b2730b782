// A finished run, read from its directory.
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

/// A test image that the run's network misclassifies.
struct WrongImage {
  report::Prediction prediction;  ///< with the probabilities of all classes
  std::string png;
};

struct ReportedRun {
  std::filesystem::path folder;
  std::string label;  ///< label of its variant
  std::string name;
  std::string title;  ///< title of its pictures
  std::string variant;
  std::uint64_t seed = 0;
  std::int64_t parameters = 0;
  int reported_epoch = 0;  ///< the epoch whose network the confusion matrix and the images show
  std::vector<std::pair<std::string, std::string>> facts;  ///< data set, epochs, target and so on
  bool held_out = false;   ///< whether its test images are held-out training images
  std::string conditions;  ///< equal for runs that share everything except spec and seed
  std::string spec_text;
  std::vector<std::string> sets;  ///< values that were set over the spec
  std::string spec_sha256;
  std::optional<Loaded> spec;  ///< nothing if this castnet cannot read it
  report::Run epochs;
  report::Confusion confusion;
  std::vector<WrongImage> worst;
  std::string heat_maps;  ///< heat maps of these images, a PNG file; empty if the run drew none
};

/// The reason, from run.json, why a run has no report yet.
struct Unfinished {
  std::string status;            ///< "interrupted" and so on
  bool non_finite_loss = false;  ///< whether it failed by its loss, and would fail again
};

/// Reads a run if it is finished, and subtracts the bytes that it reads from `left`. Throws
/// ReportError if a file is missing, damaged, too large or not a regular file (such as a symbolic
/// link), or if no bytes are left. Throws FileError if the folder cannot be read. A spec that
/// cannot be read is no error; a message on standard error says so.
std::variant<ReportedRun, Unfinished> read_run(const FoundRun& run, std::uint64_t& left);

}  // namespace castnet::codegen
