#include <fmt/format.h>

#include <dtl/dtl.hpp>
#include <map>
#include <sstream>

#include "castnet_shared/file.hpp"
#include "cli/budget.hpp"
#include "ir/words.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

using Files = std::map<fs::path, std::string>;

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) result.push_back(line);
  return result;
}

void print_difference(const fs::path& path, const std::string& old_text, const std::string& text) {
  dtl::Diff<std::string> difference(lines(old_text), lines(text));
  difference.compose();
  difference.composeUnifiedHunks();
  std::ostringstream hunks;
  difference.printUnifiedFormat(hunks);
  fmt::print("--- {0}\n+++ {0} (from the spec)\n{1}", path.string(), hunks.str());
}

/// Says which files are stale, and how; nothing is written.
int compare(const Files& files) {
  int stale = 0;
  for (const auto& [path, text] : files) {
    const auto old_text = read_if_there(path);
    if (old_text == text) continue;
    ++stale;
    if (old_text) {
      print_difference(path, *old_text, text);
    } else {
      fmt::print("{}: missing\n", path.string());
    }
  }
  if (stale == 0) return kFine;
  fmt::print(stderr, "{} of {} stale; run castnet generate without --check\n", stale,
             counted(files.size(), "generated file") + (files.size() == 1 ? " is" : " are"));
  return kCheckFailed;
}

int write(const Files& files) {
  for (const auto& [path, text] : files) {
    const bool fresh = read_if_there(path) == text;
    if (!fresh) write_file(path, text);
    fmt::print("{} {}\n", path.string(), fresh ? "unchanged" : "written");
  }
  return kFine;
}

}  // namespace

int generate(const Common& common, const GenerateOptions& options) {
  const auto all = load(common);
  if (!all) return kBadInput;
  const Templates templates = common.templates ? Templates(*common.templates) : Templates();
  Files files;
  bool fine = true;
  for (const Loaded& loaded : *all) {
    fine = within_budget(loaded, options.targets) && fine;
    const Origin origin = origin_of(loaded, common, options.output);
    for (const std::string& name : options.targets) {
      const Target& target = target_named(name);
      files[fs::path(options.output) / loaded.spec.name / target.file] =
          emit_program(loaded.spec, plans_for(target, loaded), origin, target, templates);
    }
  }
  if (!fine) return kCheckFailed;
  return options.check ? compare(files) : write(files);
}

}  // namespace castnet::codegen
