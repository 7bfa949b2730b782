#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sha256.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "cli/budget.hpp"
#include "cli/files.hpp"
#include "cli/toolchain.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

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

/// Names the trainer for all that goes into it, so that an unchanged spec is not compiled again.
std::string key_of(const std::string& source, const Toolchain& tools) {
  std::string text = fmt::format("{}\n{}", source, fmt::join(tools.command, " "));
  for (const std::string& archive : tools.archives) {
    text += fmt::format("\n{}\n{}", fs::last_write_time(archive).time_since_epoch().count(),
                        fs::file_size(archive));
  }
  char digest[SHA256_DIGEST_STRING_LENGTH];
  SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), digest);
  return std::string(digest).substr(0, 16);
}

/// Compiles the source unless that was done before. Returns the trainer's path, or nothing if the
/// compiler failed; its messages are on standard error then.
std::optional<fs::path> build(const std::string& name, const std::string& source,
                              const Target& target, const Toolchain& tools) {
  const fs::path folder = cache_folder() / fmt::format("{}-{}", name, key_of(source, tools));
  const fs::path trainer = folder / "trainer";
  if (fs::exists(trainer)) return trainer;
  write_file(folder / target.file, source);
  const fs::path temporary = folder / fmt::format("trainer.tmp{}", getpid());
  std::vector<std::string> command = tools.command;
  command.insert(command.end(), {(folder / target.file).string(), "-o", temporary.string()});
  command.insert(command.end(), tools.archives.begin(), tools.archives.end());
  command.insert(command.end(), tools.libraries.begin(), tools.libraries.end());
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
  const Target& target = target_named(options.target);
  if (!options.precision.empty() && !has_precisions(target)) {
    fmt::print(stderr, "castnet train: --precision is a choice of --target cuda; {} has none\n",
               target.name);
    return kBadInput;
  }
  Common one = common;
  if (!one.variant) one.variant = "";
  const auto all = load(one);
  if (!all) return kBadInput;
  const Loaded& loaded = all->front();
  if (!within_budget(loaded, costs(loaded.spec, loaded.plan))) return kCheckFailed;
  if (const auto missing = why_unable(target)) {
    fmt::print(stderr, "castnet: {}\n", *missing);
    return kRunFailed;
  }
  const Templates templates = common.templates ? Templates(*common.templates) : Templates();
  const std::string source = emit_program(
      loaded.spec, loaded.plan, origin_of(loaded, common, "generated"), target, templates);
  const auto trainer =
      build(loaded.spec.name, source, target, toolchain(target, options.precision));
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
