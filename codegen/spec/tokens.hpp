// Tokens: splits and reads the `layers` of a spec.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/reader.hpp"

namespace castnet::codegen {

/// One token. `letter` is that of its TokenKind.
struct Token {
  std::string name;
  char letter = 0;
  int channels = 0;  ///< 0 where the token has no `:k`
  Location where;
};

struct Tokens {
  std::vector<Token> list;
  bool complete = true;  ///< false if some tokens were wrong and left out
};

/// The number in a token's name has up to four digits and no leading zero, so that each layer has
/// only one spelling.
inline constexpr std::string_view kNumberPattern = "(0|[1-9][0-9]{0,3})";

/// The form of `layers`.
Form layers_form();

/// Reads a string of tokens, or a list of such strings. Unknown and duplicate tokens are errors.
Tokens read_tokens(Reader& reader, const YamlValue& layers);

}  // namespace castnet::codegen
