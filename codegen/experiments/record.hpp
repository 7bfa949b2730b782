// compare.json: says which runs of a comparison's folder belong to the last comparison.
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

/// Returns nothing if the file does not exist, as earlier castnets did not write it. Throws
/// std::runtime_error if it is damaged or cannot be read.
std::optional<CompareRecord> read_record(const Folder& comparison);
void write_record(const Folder& comparison, const CompareRecord& record);

/// The labels in the comparison's table, compare.csv, in order; empty before it is written.
std::vector<std::string> labels_in_table(const Folder& comparison);

/// The names of the tables and pictures that the recorded comparison may have written into the
/// folder.
std::vector<std::string> recorded_files(const Folder& comparison);

/// The names for a comparison with these labels.
std::vector<std::string> files_of(const std::vector<std::string>& labels);

/// Removes the files that exist. Throws FileError.
void remove_files(const Folder& comparison, const std::vector<std::string>& names);

}  // namespace castnet::codegen
