// castnet as a user runs it.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "../catch.hpp"
#include "../runtime/temporary_folder.hpp"

namespace castnet::test {

namespace fs = std::filesystem;

struct Result {
  int status;
  std::string output;  ///< standard output and error
};

/// A spec with a budget and a variant, quick to compile.
inline constexpr char kSmallSpec[] =
    "name: small\ndata: shapes\nlayers: C1:4 P1 C2:4 GAP c3:10\nnorm: batch\n"
    "budget: {parameters: 400}\ntrain: {epochs: 1}\nvariants: {layer: {norm: layer}}\n";

/// Runs commands of sh.
inline Result run(const std::string& script) {
  FILE* pipe = popen(script.c_str(), "r");
  REQUIRE(pipe);
  std::string output;
  for (char buffer[4096]; const std::size_t got = fread(buffer, 1, sizeof buffer, pipe);) {
    output.append(buffer, got);
  }
  return {WEXITSTATUS(pclose(pipe)), output};
}

/// `castnet ARGUMENTS`, with its messages.
inline std::string castnet_command(const std::string& arguments) {
  return "'" CASTNET_PROGRAM "' " + arguments + " 2>&1";
}

inline std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Where the commands of all tests keep compiled programs, so that each is compiled once.
inline const std::string& shared_cache() {
  static const TemporaryFolder folder;
  static const std::string path = folder.path().string();
  return path;
}

/// A fresh folder, the current one of every command.
class Folder : public TemporaryFolder {
 public:
  enum class Cache { shared, own };

  /// With a cache of its own for tests of what compiling does; it is the folder `cache` in it.
  explicit Folder(Cache cache = Cache::shared)
      : cache_(cache == Cache::own ? "cache" : shared_cache()) {}

  std::string read(const std::string& name) const { return read_text(*this / name); }
  bool has(const std::string& name) const { return fs::exists(*this / name); }

  Result castnet(const std::string& arguments) const { return shell(castnet_command(arguments)); }

  /// Runs commands of sh in the folder.
  Result shell(const std::string& script) const {
    // No command of these tests finds a GPU, whether there is one or not.
    return run("cd '" + path().string() + "' && export XDG_CACHE_HOME='" + cache_ +
               "' CUDA_VISIBLE_DEVICES=; " + script);
  }

 private:
  std::string cache_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace castnet::test
