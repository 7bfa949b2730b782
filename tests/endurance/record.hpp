// What the library for LD_PRELOAD (fault.cpp) recorded of a program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace castnet::endurance {

/// A call that changed files, or failed to.
struct Operation {
  std::string name;        ///< open, create, truncate, write, sync, rename, exchange, unlink, …
  int error = 0;           ///< errno, or 0
  std::string path;        ///< absolute
  std::string other = {};  ///< where a rename leads
  std::size_t offset = 0;  ///< of a write, in bytes; the size that truncate leaves
  std::string data = {};   ///< what was written
};

/// The calls in order; none if there is no such file. Throws std::runtime_error.
std::vector<Operation> read_record(const std::filesystem::path& file);

/// "rename /stage/run/.best.tmp /stage/run/best".
std::string to_text(const Operation& operation);

}  // namespace castnet::endurance
