// Names: the words that may become identifiers and paths, their form in messages, and guesses at
// misspelt ones.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace castnet::codegen {

inline constexpr std::size_t kLongestName = 64;

/// The reason why `name` cannot name a spec or variant; empty if it can. A name is [a-z][a-z0-9_]*,
/// has at most 64 characters, no `__`, and no `_` at the end. C++ keywords are allowed, because
/// every name in generated source has a prefix, as in net_NAME and make_NAME.
std::string name_fault(std::string_view name);

/// `text` in a form that is safe in a message: control characters and bytes above 126 are escaped,
/// and the text is cut after 60 characters.
std::string printable(std::string_view text);

/// The result of printable(), in single quotes.
std::string quote(std::string_view text);

/// The word nearest to `word` by edit distance (swapped neighbours count as one edit); empty if
/// none is near enough. One edit is allowed for three characters of the longer word, and at least
/// one. A word that begins with `word` is also near enough.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);

/// `did you mean 'x'?`, or `KNOWN: a, b, c` if no word is near.
std::string suggest(std::string_view word, std::span<const std::string_view> words,
                    std::string_view known);

}  // namespace castnet::codegen
