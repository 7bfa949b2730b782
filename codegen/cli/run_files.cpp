#include "cli/run_files.hpp"

#include <fmt/format.h>

namespace castnet::codegen {
std::optional<std::string> read_if_there(const Folder& folder, const RunFile& file) {
  try {
    return read(folder, file);
  } catch (const FileError&) {
    return std::nullopt;
  }
}

std::optional<Folder> find_run(const Folder& comparison, const std::string& label,
                               std::uint64_t seed) {
  const std::optional<Folder> variant = comparison.find_folder(label);
  return variant ? variant->find_folder(fmt::format("seed-{}", seed)) : std::nullopt;
}

}  // namespace castnet::codegen
