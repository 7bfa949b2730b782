#include "programs/load.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "castnet_shared/encoding.hpp"
#include "castnet_shared/file.hpp"
#include "castnet_shared/sha256.hpp"
#include "programs/variants.hpp"
#include "spec/names.hpp"
#include "spec/parse.hpp"
#include "toolchain/shell_words.hpp"

namespace castnet::codegen {
namespace {

namespace fs = std::filesystem;

void print(const std::vector<Diagnostic>& errors) {
  for (const Diagnostic& error : errors) fmt::print(stderr, "{}\n", format(error));
}

/// The name of standard input in messages. On the command line it may have several names.
constexpr const char* kStdin = "<stdin>";

bool is_stdin(const std::string& file) {
  return file == "-" || file == "/dev/stdin" || file == "/dev/fd/0" || file == "/proc/self/fd/0";
}

/// Whether the file is another program's output, as in <(sed … spec.yaml), whose name is a number.
bool is_descriptor(const std::string& file) {
  return file.starts_with("/dev/fd/") || file.starts_with("/proc/self/fd/");
}

/// Compiles one spec of a file. Returns false if its parts do not fit together.
bool add(const Loaded& source, Spec spec, std::vector<Loaded>& all,
         std::set<std::string>& reported) {
  Compiled compiled = compile(spec);
  for (Diagnostic& error : compiled.errors) {
    if (!spec.variant.empty()) error.message += fmt::format(" (variant {})", spec.variant);
    // A mistake in the spec itself is not repeated for each variant.
    if (reported.insert(format(error).substr(0, format(error).rfind(" (variant"))).second) {
      print({error});
    }
  }
  if (!compiled.errors.empty()) return false;
  all.push_back({source.file, source.text, source.sha256, std::move(spec), std::move(compiled)});
  return true;
}

/// Says that the spec of a file has no variant of that name, and which variants it has. The spec
/// itself, the variant "", is called base.
void tell_no_variant(const std::string& file, std::string_view name,
                     std::vector<std::string> variants) {
  std::ranges::replace(variants, "", kBase);
  fmt::print(stderr, "{}: error: no variant '{}'; the spec has {}\n", file, name,
             fmt::join(variants, ", "));
}

bool add_text(const std::string& text, const std::string& file, const SpecOptions& options,
              std::vector<Loaded>& all) {
  ParseResult parsed = parse_spec(text, file, options.sets);
  print(parsed.errors);
  if (!parsed.errors.empty()) return false;
  // The inputs that determine the program: the file, and the values set over it.
  std::string identity = text;
  for (const std::string& set : options.sets) identity += "\n--set " + set;
  std::vector<std::string> known;
  for (const Spec& spec : parsed.specs) known.push_back(spec.variant);
  std::optional<std::string> wanted = options.variant;
  const auto is_wanted = [&](const Spec& spec) { return !wanted || spec.variant == *wanted; };
  if (std::ranges::none_of(parsed.specs, is_wanted) && *wanted == kBase) {
    wanted = "";
  }
  const Loaded source{file, text, sha256_hex(identity), {}, {}};
  bool fine = true;
  bool found = false;
  std::set<std::string> reported;
  for (Spec& spec : parsed.specs) {
    if (!is_wanted(spec)) continue;
    found = true;
    fine = add(source, std::move(spec), all, reported) && fine;
  }
  if (!found) tell_no_variant(file, *wanted, std::move(known));
  return fine && found;
}

bool load_file(const std::string& file, const SpecOptions& options, std::vector<Loaded>& all) {
  if (const auto fault = encoding_fault(file)) {
    fmt::print(stderr, "{}: error: in this file's name, {}; rename it\n", printable(file),
               fault->what);
    return false;
  }
  const auto text = read_if_there(is_stdin(file) ? "/dev/stdin" : file);
  if (text) return add_text(*text, is_stdin(file) ? kStdin : file, options, all);
  fmt::print(stderr, "{}: error: cannot read this file\n", file);
  return false;
}

}  // namespace

Plans plans_for(const Target& target, const Loaded& loaded) {
  return &target == &targets().front() ? loaded.plans : compile(loaded.spec, target);
}

std::optional<std::vector<Loaded>> load(const SpecOptions& options) {
  std::vector<Loaded> all;
  bool fine = true;
  for (const std::string& file : options.files) fine = load_file(file, options, all) && fine;
  std::map<std::string, std::string> owner;
  for (const Loaded& loaded : all) {
    const auto [other, added] = owner.emplace(loaded.spec.name, loaded.file);
    if (!added) {
      fmt::print(stderr, "{}: error: the name '{}' is also that of a spec in {}\n", loaded.file,
                 loaded.spec.name, other->second);
      fine = false;
    }
  }
  if (!fine) return {};
  return all;
}

std::optional<std::vector<Loaded>> load_text(const std::string& text, const std::string& file,
                                             const SpecOptions& options) {
  std::vector<Loaded> all;
  if (!add_text(text, file, options, all)) return {};
  return all;
}

std::optional<std::vector<Loaded>> load_one(const std::string& file, const SpecOptions& options) {
  SpecOptions one = options;
  one.files = {file};
  return load(one);
}

const Loaded* find_variant(const std::vector<Loaded>& all, std::string_view name) {
  const auto found =
      std::ranges::find_if(all, [&](const Loaded& one) { return one.spec.variant == name; });
  if (found != all.end()) return &*found;
  if (name == kBase) return &all.front();
  std::vector<std::string> known;
  for (const Loaded& one : all) known.push_back(one.spec.variant);
  tell_no_variant(all.front().file, name, std::move(known));
  return nullptr;
}

Origin origin_of(const Loaded& loaded, const SpecOptions& options, const std::string& output) {
  // The path is relative to the output's folder, so the text depends neither on the machine nor on
  // the folder from which castnet was called.
  const fs::path root = fs::weakly_canonical(fs::absolute(output)).parent_path();
  const bool piped = loaded.file == kStdin || is_descriptor(loaded.file);
  fs::path path = piped ? kStdin : fs::weakly_canonical(loaded.file).lexically_relative(root);
  if (path.empty() || path.begin()->string() == "..") path = fs::path(loaded.file).filename();
  std::string command = piped ? "-" : shell_word(path.generic_string());
  for (const std::string& set : options.sets) command += " --set " + shell_word(set);
  return {path.generic_string(), command, loaded.sha256};
}

}  // namespace castnet::codegen
