// castnet as a user runs it.
#pragma once

#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace castnet::test {

namespace fs = std::filesystem;

struct Result {
  int status;
  std::string output;  ///< standard output and error
};

/// A fresh folder, the current one of every command.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / "castnet_cli_XXXXXX") {
    std::string name = path_.string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  const fs::path& path() const { return path_; }
  bool has(const std::string& name) const { return fs::exists(path_ / name); }

  Result castnet(const std::string& arguments) const {
    return shell("'" CASTNET_PROGRAM "' " + arguments + " 2>&1");
  }

  /// Runs commands of sh in the folder.
  Result shell(const std::string& script) const {
    // No command of these tests finds a GPU, whether there is one or not.
    const std::string command = "cd '" + path_.string() +
                                "' && export XDG_CACHE_HOME=cache CUDA_VISIBLE_DEVICES=; " + script;
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe);
    std::string output;
    for (char buffer[4096]; const std::size_t got = fread(buffer, 1, sizeof buffer, pipe);) {
      output.append(buffer, got);
    }
    return {WEXITSTATUS(pclose(pipe)), output};
  }

 private:
  fs::path path_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace castnet::test
