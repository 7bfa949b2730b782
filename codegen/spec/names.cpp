#include "spec/names.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace castnet::codegen {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The optimal string alignment distance. It counts inserted, deleted and changed characters, and
/// swapped neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kLongestName) {
    return fmt::format("is longer than {} characters", kLongestName);
  }
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
  if (!plain || !is_lower(name[0])) {
    return "must be lower-case letters, digits and '_', beginning with a letter";
  }
  if (name.back() == '_' || name.find("__") != std::string_view::npos) {
    return "must not hold '__' nor end in '_'";
  }
  return {};
}

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string shown;
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 32 || byte > 126) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return text.size() > kLongest ? shown + "..." : shown;
}

std::string quote(std::string_view text) { return "'" + printable(text) + "'"; }

std::string_view nearest(std::string_view word, std::span<const std::string_view> words) {
  if (word.empty() || word.size() > kLongestName) return {};
  std::string_view best;
  std::size_t best_distance = kLongestName;
  for (const std::string_view candidate : words) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t most = std::max<std::size_t>(1, longer / 3);
    const std::size_t distance = edit_distance(word, candidate);
    const bool begun = word.size() >= 3 && candidate.starts_with(word);
    // A distance as large as the word means that nothing of it is left.
    if (distance < best_distance && distance < longer && (distance <= most || begun)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggest(std::string_view word, std::span<const std::string_view> words,
                    std::string_view known) {
  const std::string_view near = nearest(word, words);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  return fmt::format("{}: {}", known, fmt::join(words, ", "));
}

}  // namespace castnet::codegen
