#include "toolchain/build.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "castnet_shared/file.hpp"
#include "castnet_shared/sha256.hpp"
#include "toolchain/process.hpp"
#include "toolchain/processor.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

/// A compiler that runs in this folder and has its temporary files there. Its output goes into
/// memory, because a disk may be full.
class Compiler {
 public:
  Compiler(const std::vector<std::string>& command, const Folder& folder)
      : output_(::memfd_create("compiler", MFD_CLOEXEC)) {
    if (output_.get() < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
    child_ = start(command, {.output = output_.get(),
                             .errors = output_.get(),
                             .work_folder = folder.descriptor(),
                             .environment = {"TMPDIR=."},
                             .guarded = true});
  }

  bool succeeds() const { return wait_for(child_) == 0; }

  std::string output() const {
    ::lseek(output_.get(), 0, SEEK_SET);
    std::string text;
    std::array<char, 4096> piece;
    for (ssize_t got; (got = ::read(output_.get(), piece.data(), piece.size())) > 0;) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  Descriptor output_;
  pid_t child_ = 0;
};

/// Runs compilers side by side and waits for all. Returns true if each ended with status 0. For one
/// that did not, prints a message and its output. Warnings of the others are not shown, as they do
/// not help a user.
bool run(const std::vector<std::vector<std::string>>& commands, const Folder& folder) {
  std::vector<Compiler> compilers;
  for (const auto& command : commands) compilers.emplace_back(command, folder);
  bool fine = true;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (compilers[i].succeeds()) continue;
    fmt::print(stderr, "{}castnet: the compiler failed: {}\n", compilers[i].output(),
               fmt::join(commands[i], " "));
    fine = false;
  }
  return fine;
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

/// Tells a file from its earlier versions.
std::string identity_of(const fs::path& file) {
  return fmt::format("\n{}\n{}\n{}", file.string(),
                     fs::last_write_time(file).time_since_epoch().count(), fs::file_size(file));
}

/// The name of a program, made from all its inputs, so that nothing is compiled twice.
std::string key_of(const std::vector<SourceFile>& sources, const Toolchain& tools) {
  std::string text = fmt::format("{}", fmt::join(tools.command, " "));
  text += identity_of(fs::canonical(tools.command.front()));
  const auto native = [](const std::string& flag) { return flag.ends_with("=native"); };
  if (std::ranges::any_of(tools.command, native)) text += '\n' + processor();
  for (const SourceFile& source : sources) text += '\n' + source.name + '\n' + source.text;
  for (const std::string& folder : tools.includes) text += headers(folder);
  for (const std::string& archive : tools.archives) text += identity_of(archive);
  return sha256_hex(text).substr(0, 16);
}

/// The bytes left on the disk of the folder, or of the nearest existing one above it; nothing if
/// the system does not say.
std::optional<std::uint64_t> space_left(fs::path folder) {
  std::error_code none;
  while (!fs::exists(folder, none) && folder.has_relative_path()) folder = folder.parent_path();
  const fs::space_info space = fs::space(folder.empty() ? "." : folder, none);
  return none ? std::nullopt : std::optional<std::uint64_t>(space.available);
}

/// Whether compilers may need more space than is left.
bool is_tight(const fs::path& cache) {
  return space_left(cache).value_or(~std::uint64_t(0)) < std::uint64_t(64) << 20;
}

/// Advice if a program could not be made: free space, or use another place.
std::string advice(const fs::path& cache) {
  if (!is_tight(cache)) {
    return "castnet compiles there: set XDG_CACHE_HOME to a folder of your own to have it "
           "elsewhere";
  }
  return fmt::format(
      "the disk of '{}', where castnet compiles, is full or nearly so: {} KiB are left; free some "
      "(castnet cache clear removes what castnet keeps there), or set XDG_CACHE_HOME to a folder "
      "on "
      "another disk",
      cache.string(), *space_left(cache) >> 10);
}

[[noreturn]] void fail(const FileError& error) {
  throw std::runtime_error(fmt::format("{}; {}", error.what(), advice(Cache::place())));
}

/// Writes the sources into the folder and builds the program there.
bool compile_in(const Folder& folder, const std::vector<SourceFile>& sources,
                const Toolchain& tools) {
  std::vector<std::string> compile = tools.command;
  for (const std::string& include : tools.includes) {
    compile.insert(compile.end(), {"-I", fs::absolute(include).string()});
  }
  std::vector<std::vector<std::string>> commands;
  std::vector<std::string> link = tools.command;
  for (const SourceFile& source : sources) {
    const std::string object = source.name + ".o";
    folder.write(source.name, source.text);
    if (source.name.ends_with(".hpp")) continue;
    commands.push_back(compile);
    commands.back().insert(commands.back().end(), tools.language.begin(), tools.language.end());
    commands.back().insert(commands.back().end(), {"-c", source.name, "-o", object});
    link.push_back(object);
  }
  link.insert(link.end(), {"-o", Program::kFile});
  link.insert(link.end(), tools.archives.begin(), tools.archives.end());
  link.insert(link.end(), tools.libraries.begin(), tools.libraries.end());
  if (!run(commands, folder) || !run({link}, folder)) return false;
  for (const auto& command : commands) folder.remove(command.back());
  return true;
}

/// A failure to remove old programs is not an error.
void tidy(const Cache& cache) {
  try {
    cache.tidy();
  } catch (const FileError& error) {
    fmt::print(stderr, "castnet: the cache could not be tidied: {}\n", error.what());
  }
}

std::unique_ptr<const Program> build_in(const Cache& cache, const std::string& name,
                                        const std::vector<SourceFile>& sources,
                                        const Toolchain& tools) {
  const std::string entry = fmt::format("{}-{}", name, key_of(sources, tools));
  if (auto program = cache.find(entry)) return program;
  fmt::print(stderr, "castnet: compiling {} into {}\n", name, (cache.path() / entry).string());
  const auto building = cache.begin(entry);
  if (!compile_in(building->folder(), sources, tools)) {
    if (is_tight(cache.path())) fmt::print(stderr, "castnet: {}\n", advice(cache.path()));
    return nullptr;
  }
  auto program = cache.keep(*building, entry);
  tidy(cache);
  return program;
}

}  // namespace

std::unique_ptr<const Program> build(const std::string& name,
                                     const std::vector<SourceFile>& sources,
                                     const Toolchain& tools) {
  try {
    return build_in(Cache(), name, sources, tools);
  } catch (const FileError& error) {
    fail(error);
  }
}

fs::path put_beside(const Program& program, const std::string& name, const std::string& text) {
  constexpr std::uint64_t kMost = std::uint64_t(1) << 30;
  const Folder& folder = program.folder;
  try {
    if (!folder.holds(name) || folder.read(name, kMost) != text) folder.write(name, text);
  } catch (const FileError& error) {
    fail(error);
  }
  return folder / name;
}

}  // namespace castnet::codegen
