#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sha256.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "cli/budget.hpp"
#include "cli/build_info.hpp"
#include "cli/files.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream in(text);
  for (std::string word; in >> word;) result.push_back(word);
  return result;
}

std::vector<char*> argument_pointers(std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Runs a program and waits for it; true if it ended with status 0.
bool run(std::vector<std::string> arguments) {
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments.front().c_str(), nullptr, nullptr,
                                  argument_pointers(arguments).data(), environ);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), arguments.front());
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
    return fs::path(cache) / "castnet";
  if (const char* home = std::getenv("HOME"); home && *home)
    return fs::path(home) / ".cache" / "castnet";
  return fs::temp_directory_path() / "castnet";
}

/// The compiler's command line for one generated source, without its output.
std::vector<std::string> compiler_command() {
  std::vector<std::string> command{kCompiler};
  for (const std::string& flag : words(kTrainerFlags)) command.push_back(flag);
  command.insert(command.end(), {"-I", kRuntimeInclude});
  return command;
}

/// Names the trainer for all that goes into it, so that an unchanged spec is not compiled again.
std::string key_of(const std::string& source) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", source, fmt::join(compiler_command(), " "),
                  fs::last_write_time(kRuntimeLibrary).time_since_epoch().count(),
                  fs::file_size(kRuntimeLibrary));
  char digest[SHA256_DIGEST_STRING_LENGTH];
  SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), digest);
  return std::string(digest).substr(0, 16);
}

/// Compiles the source unless that was done before. Returns the trainer's path, or nothing if the
/// compiler failed; its messages are on standard error then.
std::optional<fs::path> build(const std::string& name, const std::string& source) {
  const fs::path folder = cache_folder() / fmt::format("{}-{}", name, key_of(source));
  const fs::path trainer = folder / "trainer";
  if (fs::exists(trainer)) return trainer;
  write_file(folder / "cpu.cpp", source);
  const fs::path temporary = folder / fmt::format("trainer.tmp{}", getpid());
  std::vector<std::string> command = compiler_command();
  command.insert(command.end(),
                 {(folder / "cpu.cpp").string(), "-o", temporary.string(), kRuntimeLibrary});
  for (const std::string& library : words(kTrainerLibraries)) command.push_back(library);
  fmt::print(stderr, "castnet: compiling {} into {}\n", name, folder.string());
  if (!run(command)) {
    fmt::print(stderr, "castnet: the compiler failed: {}\n", fmt::join(command, " "));
    return {};
  }
  fs::rename(temporary, trainer);
  return trainer;
}

}  // namespace

int train(const Common& common, const TrainOptions& options) {
  Common one = common;
  if (!one.variant) one.variant = "";
  const auto all = load(one);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (!within_budget(loaded, costs(loaded.spec, loaded.plan))) return kCheckFailed;
  const Templates templates = common.templates ? Templates(*common.templates) : Templates();
  const std::string source = emit_program(
      loaded.spec, loaded.plan, origin_of(loaded, common, "generated"), options.target, templates);
  const auto trainer = build(loaded.spec.name, source);
  if (!trainer) return kRunFailed;
  if (options.build_only) {
    fmt::print("{}\n", trainer->string());
    return kFine;
  }
  std::vector<std::string> arguments{trainer->string(), "--spec-file", loaded.file};
  arguments.insert(arguments.end(), options.trainer_arguments.begin(),
                   options.trainer_arguments.end());
  execv(arguments.front().c_str(), argument_pointers(arguments).data());
  throw std::system_error(errno, std::generic_category(), arguments.front());
}

}  // namespace castnet::codegen
