#include "castnet_shared/run_files.hpp"

namespace castnet {

std::optional<std::string> read_if_there(const Folder& folder, const RunFile& file) {
  try {
    return read(folder, file);
  } catch (const FileError&) {
    return std::nullopt;
  }
}

}  // namespace castnet
