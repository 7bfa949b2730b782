#include "cli/usage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/names.hpp"
#include "spec/schema.hpp"

namespace castnet::codegen {
namespace {

const CLI::App* chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? nullptr : chosen.front();
}

/// Prints a message if the command line has an unknown word instead of a subcommand.
bool tell_unknown_subcommand(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining();
  if (chosen_command(app) || rest.empty() || rest.front().starts_with('-')) return false;
  std::vector<std::string_view> known;
  for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(one->get_name());
  }
  fmt::print(stderr, "castnet: unknown subcommand {}; {}\n", quote(rest.front()),
             suggest(rest.front(), known, "there are"));
  return true;
}

/// The name in a spec for an option of other programs.
std::string_view usual_name(std::string_view word) {
  if (word == "learning_rate") return "lr";
  if (word == "batch_size") return "batch";
  return word;
}

/// Says where the spec has the value that the option was meant to give; empty if it has none.
std::string spec_hint(std::string option) {
  option.erase(0, option.find_first_not_of('-'));
  std::ranges::replace(option, '-', '_');
  const std::string_view key = usual_name(option);
  if (key == "lr") {
    return "the learning rate stands in the spec's train.schedule; try, for instance, --set "
           "train.schedule.one_cycle.peak=0.1";
  }
  const auto schema = nlohmann::json::parse(schema_text());
  const nlohmann::json& train = schema.at("$defs").at("train").at("properties");
  const bool trains = train.contains(key);
  if (!trains && !schema.at("properties").contains(key)) return "";
  return fmt::format("this value stands in the spec; try --set {}{}=VALUE", trains ? "train." : "",
                     key);
}

/// Prints a message if the command line has an option that the command does not have.
bool tell_unknown_option(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  const auto found = std::ranges::find_if(
      rest, [](const std::string& word) { return word.size() > 1 && word.starts_with('-'); });
  if (found == rest.end()) return false;
  const std::string option = found->substr(0, found->find('='));
  const CLI::App* const command = chosen_command(app);
  const std::string name = command ? "castnet " + command->get_name() : "castnet";
  const CLI::App& owner = command ? *command : app;
  std::vector<std::string> known;
  for (const CLI::Option* one : owner.get_options()) {
    for (const std::string& word : one->get_lnames()) known.push_back("--" + word);
  }
  const std::vector<std::string_view> words(known.begin(), known.end());
  std::string hint = owner.get_option_no_throw("--set") ? spec_hint(option) : "";
  if (hint.empty() && !nearest(option, words).empty()) hint = suggest(option, words, "");
  if (hint.empty()) hint = fmt::format("{} --help lists the options", name);
  fmt::print(stderr, "{}: unknown option {}; {}\n", name, quote(option), hint);
  return true;
}

/// Explains CLI11's messages about a wrong number of values: `--out: 1 required TEXT missing` and
/// `SPEC: At Most 1 required but received 2`.
bool tell_mismatch(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* const command = chosen_command(app);
  if (error.get_name() != "ArgumentMismatch" || !command) return false;
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find(':'));
  const CLI::Option* const option = command->get_option_no_throw(name);
  if (!option) return false;
  const std::vector<std::string> given = option->results();
  std::string wrong = fmt::format("{} needs a value", name);
  if (!given.empty() && option->get_positional()) {
    wrong = fmt::format("takes one {}{}, but {} are given: {}", name,
                        option->get_expected_max() == 2 ? " or two" : "", given.size(),
                        fmt::join(given, ", "));
  } else if (text.find("received") != text.npos) {
    wrong = fmt::format("{} is given more than once", name);
  }
  fmt::print(stderr, "castnet {}: {}\n", command->get_name(), wrong);
  return true;
}

}  // namespace

void tell_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (tell_unknown_subcommand(app) || tell_unknown_option(app) || tell_mismatch(app, error)) return;
  static_cast<void>(app.exit(error));
}

}  // namespace castnet::codegen
