// compare.json: which runs of a comparison's folder are those of the last comparison.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace castnet::codegen {

struct ComparedVariant {
  std::string label;
  std::vector<std::uint64_t> seeds;
};

struct CompareRecord {
  double target = 0;  ///< accuracy in percent
  std::vector<ComparedVariant> variants;
};

/// OUT/LABEL/seed-N.
std::filesystem::path run_folder(const std::filesystem::path& out, const std::string& label,
                                 std::uint64_t seed);

inline constexpr const char* kCompareRecord = "compare.json";

/// Nothing where there is none, as earlier castnets wrote none. Throws std::runtime_error if it is
/// damaged.
std::optional<CompareRecord> read_record(const std::filesystem::path& out);
void write_record(const std::filesystem::path& out, const CompareRecord& record);

/// The labels of the comparison's table, compare.csv, in order; none before it is written.
std::vector<std::string> labels_in_table(const std::filesystem::path& out);

/// The tables and pictures that the comparison recorded in the folder may have written: names.
std::vector<std::string> recorded_files(const std::filesystem::path& out);

/// Those of a comparison of these labels.
std::vector<std::string> files_of(const std::vector<std::string>& labels);

/// Removes those of the files that are there. Throws FileError.
void remove_files(const std::filesystem::path& out, const std::vector<std::string>& names);

}  // namespace castnet::codegen
