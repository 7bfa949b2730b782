// Hints: what a user of PyTorch or Keras means by a word that castnet spells differently, or that
// stands elsewhere in a spec.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castnet::codegen {

/// The one of `words` that `word` stands for: by its letters and digits alone, or as one of the
/// field's other words for it (`BatchNorm2d` for `batch`). Empty where there is none.
std::string_view meant_by(std::string_view word, std::span<const std::string_view> words);

/// `did you mean 'x'?` of the words that may stand here, or `KNOWN: a, b, c`.
std::string word_hint(std::string_view word, std::span<const std::string_view> words,
                      std::string_view known);

/// The same for a key of `section` (empty: the top level); also of keys that stand elsewhere, by
/// their path: `train.schedule.constant.rate` for `lr`.
std::string key_hint(std::string_view key, std::string_view section,
                     std::span<const std::string_view> known);

/// Every path that the table of other words names; each must be the end of one of key_paths().
std::vector<std::string_view> hinted_paths();

/// The paths of all keys of a spec, as --set takes them, without those of variants.
std::vector<std::string> key_paths();

}  // namespace castnet::codegen
