#include "cli/files.hpp"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

namespace castnet::codegen {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) return {};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void write_file(const fs::path& path, const std::string& text) {
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  const fs::path temporary = path.string() + ".tmp" + std::to_string(getpid());
  {
    std::ofstream file(temporary, std::ios::binary);
    file << text << std::flush;
    if (!file) {
      const std::error_code why(errno, std::generic_category());
      fs::remove(temporary);
      throw fs::filesystem_error("cannot write", path, why);
    }
  }
  fs::rename(temporary, path);
}

}  // namespace castnet::codegen
