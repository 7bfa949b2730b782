// compare.json: which runs of a comparison's folder are those of the last comparison.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "castnet_shared/folder.hpp"

namespace castnet::codegen {

struct ComparedVariant {
  std::string label;
  std::vector<std::uint64_t> seeds;
};

struct CompareRecord {
  double target = 0;  ///< accuracy in percent
  std::vector<ComparedVariant> variants;
};

/// Nothing where there is none, as earlier castnets wrote none. Throws std::runtime_error if it is
/// damaged or cannot be read.
std::optional<CompareRecord> read_record(const Folder& comparison);
void write_record(const Folder& comparison, const CompareRecord& record);

/// The labels of the comparison's table, compare.csv, in order; none before it is written.
std::vector<std::string> labels_in_table(const Folder& comparison);

/// The tables and pictures that the comparison recorded in the folder may have written: names.
std::vector<std::string> recorded_files(const Folder& comparison);

/// Those of a comparison of these labels.
std::vector<std::string> files_of(const std::vector<std::string>& labels);

/// Removes those of the files that are there. Throws FileError.
void remove_files(const Folder& comparison, const std::vector<std::string>& names);

}  // namespace castnet::codegen
