#include "spec/tokens.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "ir/words.hpp"
#include "spec/hints.hpp"
#include "spec/names.hpp"

namespace castnet::codegen {
namespace {

constexpr std::size_t kMostLayers = 1000;
constexpr int kMostChannels = 65536;

/// `tokens are Cn:k, …`.
std::string known_tokens() {
  std::string text = "tokens are ";
  for (const TokenKind& kind : kTokenKinds) {
    const bool last = &kind == &kTokenKinds.back();
    if (last) text.replace(text.size() - 2, 2, " and ");
    text += fmt::format("{}{}{}{}", kind.token, kind.numbered ? "n" : "",
                        kind.counted() ? ":k" : "", last ? "" : ", ");
  }
  return text + " (n a number, k output channels)";
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether the text matches kNumberPattern.
bool is_number(std::string_view text) {
  return all_digits(text) && text.size() <= 4 && (text.size() == 1 || text[0] != '0');
}

/// The kind of a token's name, if any.
const TokenKind* kind_named(std::string_view name) {
  const auto found = std::ranges::find_if(kTokenKinds, [&](const TokenKind& kind) {
    if (!kind.numbered) return name == kind.token;
    return name.starts_with(kind.token) && is_number(name.substr(kind.token.size()));
  });
  return found == kTokenKinds.end() ? nullptr : &*found;
}

/// Removes the beginning of `text` for whose characters `belongs` holds, and returns it.
template <class Belongs>
std::string_view take_while(std::string_view& text, Belongs belongs) {
  const auto end = std::find_if_not(text.begin(), text.end(), belongs);
  const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

/// The token that another name of a layer stands for, e.g. `C2:16` for `Conv2:16`; empty if there
/// is none.
std::string translated(std::string_view text) {
  std::array<std::string_view, kTokenKinds.size()> tokens;
  std::ranges::transform(kTokenKinds, tokens.begin(), &TokenKind::token);
  const auto in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  std::string_view rest = text;
  const std::string_view name = take_while(rest, in_name);
  std::string_view word = name;
  std::string_view letter = meant_by(word, tokens);
  if (letter.empty()) {  // Conv2d holds a digit; Conv2 is the second
    word = name.substr(0, name.find_last_not_of("0123456789") + 1);
    letter = meant_by(word, tokens);
  }
  const auto kind = std::ranges::find(kTokenKinds, letter, &TokenKind::token);
  if (kind == kTokenKinds.end() || !kind->numbered) return std::string(letter);
  std::string_view number = name.substr(word.size());
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  if (!is_number(number)) number = "n";
  std::string token = fmt::format("{}{}", letter, number);
  if (!kind->counted()) return token;
  if (!rest.empty()) rest.remove_prefix(1);
  const std::string_view channels = take_while(rest, [](char c) { return c >= '0' && c <= '9'; });
  return token.append(":").append(channels.empty() ? "k" : channels);
}

/// The probable meaning of an unknown token: the same letters in the other case, another name of a
/// layer, or a step that is not a layer here.
std::string hint(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name != upper && kind_named(upper)) {
    return fmt::format("did you mean '{}'?", upper);
  }
  if (const std::string token = translated(text); !token.empty()) {
    std::string meanings = token.find('n') == std::string::npos ? "" : "n a number";
    if (token.ends_with('k'))
      meanings += meanings.empty() ? "k output channels" : ", k output channels";
    return fmt::format("did you mean '{}'{}?", token,
                       meanings.empty() ? "" : " (" + meanings + ")");
  }
  std::vector<std::string_view> steps = {"norm", "squeeze", "dropout"};
  steps.insert(steps.end(), kWords<ActivationKind>.begin() + 1, kWords<ActivationKind>.end());
  if (!meant_by(name.substr(0, name.find_last_not_of("0123456789") + 1), steps).empty()) {
    return "norms, activations and dropout are steps of a layer's 'block'";
  }
  return known_tokens();
}

/// The output channels after the colon. Otherwise reports an error and returns nothing.
std::optional<int> read_channels(Reader& reader, const Token& token, std::string_view digits) {
  if (!token_kind(token.letter).counted()) {
    reader.error(token.where,
                 fmt::format("'{}' has as many output channels as its input; write '{}'",
                             token.name, token.name));
    return std::nullopt;
  }
  int channels = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, fault] = std::from_chars(digits.data(), end, channels);
  if (!all_digits(digits) || fault != std::errc{} || stop != end || channels < 1 ||
      channels > kMostChannels) {
    reader.error(token.where,
                 fmt::format("'{}' needs a channel count from 1 to {} after ':', not {}",
                             token.name, kMostChannels, quote(digits)));
    return std::nullopt;
  }
  return channels;
}

/// One token of the text. Otherwise reports an error and returns nothing.
std::optional<Token> read_token(Reader& reader, std::string_view text, const Location& where) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const TokenKind* const kind = kind_named(name);
  if (!kind) {
    reader.error(where, fmt::format("unknown token {}; {}", quote(text), hint(text)));
    return std::nullopt;
  }
  Token token{std::string(name), kind->letter(), 0, where};
  if (colon != std::string_view::npos) {
    const auto channels = read_channels(reader, token, text.substr(colon + 1));
    if (!channels) return std::nullopt;
    token.channels = *channels;
  }
  return token;
}

/// Adds the tokens of one string. `first` holds the first place of each name.
void read_string(Reader& reader, const YamlValue& value, std::map<std::string, Location>& first,
                 Tokens& tokens) {
  if (value.kind != YamlKind::scalar) {
    reader.error(value.where, "'layers' must be tokens in a string, or a list of such strings");
    tokens.complete = false;
    return;
  }
  constexpr std::string_view kSpace = " \t\r\n";
  const std::string_view text = value.text;
  std::size_t at = text.find_first_not_of(kSpace);
  if (at == std::string_view::npos) {
    reader.error(value.where, "no token here; 'layers' must be tokens, as in 'C1:16 GAP F2:10'");
    tokens.complete = false;
  }
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    const Location where = reader.inside(value, at);
    const auto token = read_token(reader, text.substr(at, end - at), where);
    if (!token) {
      tokens.complete = false;
    } else if (const auto [old, fresh] = first.emplace(token->name, where); fresh) {
      tokens.list.push_back(*token);
    } else {
      reader.error(where, fmt::format("duplicate layer '{}'; it stands first at {}:{}", token->name,
                                      old->second.line, old->second.column));
    }
    at = text.find_first_not_of(kSpace, end);
  }
}

}  // namespace

Form layers_form() {
  static_assert(kMostChannels == 65536);
  constexpr std::string_view kChannels =
      "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-6])";
  std::string token;
  for (const TokenKind& kind : kTokenKinds) {
    token += fmt::format("{}{}{}{}", token.empty() ? "(" : "|", kind.token,
                         kind.numbered ? kNumberPattern : "",
                         kind.counted() ? fmt::format("(:{})?", kChannels) : "");
  }
  token += ')';
  const Form line = text_form(fmt::format("^\\s*{0}(\\s+{0})*\\s*$", token));
  return either({line, list_of(line, 1)});
}

Tokens read_tokens(Reader& reader, const YamlValue& layers) {
  Tokens tokens;
  std::map<std::string, Location> first;
  if (layers.kind == YamlKind::sequence && !layers.items.empty()) {
    for (const YamlValue& item : layers.items) read_string(reader, item, first, tokens);
  } else {
    read_string(reader, layers, first, tokens);
  }
  if (tokens.list.size() > kMostLayers) {
    reader.error(layers.where, fmt::format("{} layers; at most {} are supported",
                                           tokens.list.size(), kMostLayers));
  }
  return tokens;
}

}  // namespace castnet::codegen
