// Names: which words may become identifiers and paths, how they are shown, and what was meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace castnet::codegen {

inline constexpr std::size_t kLongestName = 64;

/// Why `name` cannot name a spec or variant, or empty where it can: [a-z][a-z0-9_]*, at most 64
/// characters, no `__` and no `_` at the end. Words of C++ will do: generated source has no name
/// without a prefix, as in net_NAME and make_NAME.
std::string name_fault(std::string_view name);

/// `text` fit for a message: control characters and bytes above 126 escaped, cut after 60
/// characters.
std::string printable(std::string_view text);

/// `text` as printable() gives it, in single quotes.
std::string quote(std::string_view text);

/// The word nearest to `word` by edit distance (swapped neighbours count as one edit), or empty
/// where none is near enough to be meant: one edit for three characters of the longer, at least
/// one, or a word that `word` is the beginning of.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);

/// `did you mean 'x'?`, or `KNOWN: a, b, c` where no word is near.
std::string suggest(std::string_view word, std::span<const std::string_view> words,
                    std::string_view known);

}  // namespace castnet::codegen
