#include "cli/build.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sha256.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "castnet_shared/file.hpp"
#include "cli/process.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

/// A child whose output, both of it, goes into a file without a name.
class Compiler {
 public:
  explicit Compiler(const std::vector<std::string>& command)
      : output_(std::tmpfile(), std::fclose) {
    if (!output_) throw std::system_error(errno, std::generic_category(), "a temporary file");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(output_.get()), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(output_.get()), STDERR_FILENO);
    child_ = start(command, &actions);
    posix_spawn_file_actions_destroy(&actions);
  }

  bool succeeds() const { return wait_for(child_) == 0; }

  std::string output() const {
    std::rewind(output_.get());
    std::string text;
    char piece[4096];
    while (const std::size_t size = std::fread(piece, 1, sizeof piece, output_.get())) {
      text.append(piece, size);
    }
    return text;
  }

 private:
  std::unique_ptr<FILE, int (*)(FILE*)> output_;
  pid_t child_;
};

/// Runs compilers side by side and waits for all; true if each ended with status 0. Of one that did
/// not, it says so, and shows what that wrote; the others' warnings tell a user nothing.
bool run(const std::vector<std::vector<std::string>>& commands) {
  std::vector<Compiler> compilers;
  for (const auto& command : commands) compilers.emplace_back(command);
  bool fine = true;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (compilers[i].succeeds()) continue;
    fmt::print(stderr, "{}castnet: the compiler failed: {}\n", compilers[i].output(),
               fmt::join(commands[i], " "));
    fine = false;
  }
  return fine;
}

fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
    return fs::path(cache) / "castnet";
  if (const char* home = std::getenv("HOME"); home && *home)
    return fs::path(home) / ".cache" / "castnet";
  return fs::temp_directory_path() / "castnet";
}

/// All headers below a folder, in order.
std::string headers(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".hpp" || extension == ".h") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::string text;
  for (const fs::path& file : files) {
    text += fmt::format("\n{}\n{}", file.string(), read_if_there(file).value_or(""));
  }
  return text;
}

/// Names a program for all that goes into it, so that nothing is compiled twice.
std::string key_of(const std::vector<SourceFile>& sources, const Toolchain& tools) {
  std::string text = fmt::format("{}", fmt::join(tools.command, " "));
  for (const SourceFile& source : sources) text += '\n' + source.name + '\n' + source.text;
  for (const std::string& folder : tools.includes) text += headers(folder);
  for (const std::string& archive : tools.archives) {
    text += fmt::format("\n{}\n{}", fs::last_write_time(archive).time_since_epoch().count(),
                        fs::file_size(archive));
  }
  char digest[SHA256_DIGEST_STRING_LENGTH];
  SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), digest);
  return std::string(digest).substr(0, 16);
}

void write_source(const fs::path& file, const std::string& text) {
  try {
    write_file(file, text);
  } catch (const FileError& error) {
    throw std::runtime_error(fmt::format(
        "{}; castnet compiles there: set XDG_CACHE_HOME to a folder that you may write to",
        error.what()));
  }
}

}  // namespace

std::optional<fs::path> build(const std::string& name, const std::vector<SourceFile>& sources,
                              const Toolchain& tools) {
  const fs::path folder = cache_folder() / fmt::format("{}-{}", name, key_of(sources, tools));
  const fs::path program = folder / "trainer";
  if (fs::exists(program)) return program;
  std::vector<std::string> compile = tools.command;
  for (const std::string& include : tools.includes) {
    compile.insert(compile.end(), {"-I", include});
  }
  std::vector<std::vector<std::string>> commands;
  std::vector<std::string> link = tools.command;
  for (const SourceFile& source : sources) {
    const fs::path file = folder / source.name;
    const std::string object = fmt::format("{}.{}.o", file.string(), getpid());
    write_source(file, source.text);
    commands.push_back(compile);
    commands.back().insert(commands.back().end(), tools.language.begin(), tools.language.end());
    commands.back().insert(commands.back().end(), {"-c", file.string(), "-o", object});
    link.push_back(object);
  }
  const fs::path temporary = folder / fmt::format("trainer.tmp{}", getpid());
  link.insert(link.end(), {"-o", temporary.string()});
  link.insert(link.end(), tools.archives.begin(), tools.archives.end());
  link.insert(link.end(), tools.libraries.begin(), tools.libraries.end());
  fmt::print(stderr, "castnet: compiling {} into {}\n", name, folder.string());
  if (!run(commands) || !run({link})) return {};
  for (const auto& command : commands) fs::remove(command.back());
  fs::rename(temporary, program);
  return program;
}

}  // namespace castnet::codegen
