#include "cli/build.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sha256.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cli/files.hpp"
#include "cli/process.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

/// Runs programs side by side and waits for all; true if each ended with status 0. Says which did
/// not.
bool run(const std::vector<std::vector<std::string>>& commands) {
  std::vector<pid_t> children;
  for (const auto& command : commands) children.push_back(start(command));
  bool fine = true;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (wait_for(children[i]) == 0) continue;
    fmt::print(stderr, "castnet: the compiler failed: {}\n", fmt::join(commands[i], " "));
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
    text += fmt::format("\n{}\n{}", file.string(), read_file(file).value_or(""));
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
    write_file(file, source.text);
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
