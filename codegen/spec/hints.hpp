// Hints: the meaning of words from PyTorch or Keras that castnet spells differently, or that stand
// elsewhere in a spec.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::codegen {

/// The one of `words` that `word` means. They are compared by letters and digits alone, or by the
/// field's other words (`BatchNorm2d` for `batch`). Empty if there is none.
std::string_view meant_by(std::string_view word, std::span<const std::string_view> words);

/// A hint `did you mean 'x'?` from the words that are allowed here, or else `KNOWN: a, b, c`.
std::string word_hint(std::string_view word, std::span<const std::string_view> words,
                      std::string_view known);

/// The same for a key of `section` (empty: the top level). It also finds keys that stand elsewhere,
/// by their path: `train.schedule.constant.rate` for `lr`.
std::string key_hint(std::string_view key, std::string_view section,
                     std::span<const std::string_view> known);

/// Every path in the table of other words; each must be the end of one of key_paths().
std::vector<std::string_view> hinted_paths();

/// The paths of all keys of a spec, as --set takes them, without those of variants.
std::vector<std::string> key_paths();

}  // namespace castnet::codegen
