#include "castnet_shared/check_sums.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "castnet_shared/sha256.hpp"

namespace castnet {
namespace {

constexpr std::uint64_t kMostSums = 1 << 20;                 // bytes: some 10,000 files
constexpr std::uint64_t kMostFile = std::uint64_t{1} << 30;  // bytes of one that is checked
constexpr std::size_t kDigits = 64;
constexpr std::string_view kGap = "  ";

/// Returns nothing if the file does not exist or cannot be read.
std::optional<std::string> hash_of(const Folder& folder, std::string_view name) {
  const std::size_t slash = name.find('/');
  try {
    if (slash == name.npos) return sha256_hex(folder.read(name, kMostFile));
    const auto inner = folder.find_folder(name.substr(0, slash));
    return inner ? hash_of(*inner, name.substr(slash + 1)) : std::nullopt;
  } catch (const FileError&) {
    return std::nullopt;
  }
}

/// A name may not lead above the folder, and must be in its plainest form.
bool is_plain(std::string_view name) {
  return !name.empty() && name.front() != '/' && name.find("..") == name.npos &&
         std::ranges::count(name, '/') <= 1;
}

}  // namespace

std::string to_text(const CheckSums& sums) {
  std::string text;
  for (const auto& [name, hash] : sums) text += hash + std::string(kGap) + name + '\n';
  return text;
}

CheckSums parse_check_sums(std::string_view text, const std::filesystem::path& path) {
  CheckSums sums;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::string_view row = text.substr(0, end);
    const std::string_view hash = row.substr(0, kDigits);
    const std::string_view name = row.substr(std::min(row.size(), kDigits + kGap.size()));
    if (end == text.npos || !is_sha256(hash) || row.substr(kDigits, kGap.size()) != kGap ||
        !is_plain(name)) {
      throw FileError("read", path, fmt::format("line {} is no check sum", line));
    }
    sums.emplace(name, hash);
    text.remove_prefix(end + 1);
  }
  return sums;
}

std::vector<std::string> changed_files(const Folder& folder) {
  const std::string text = folder.read(kCheckSums, kMostSums);
  std::vector<std::string> changed;
  for (const auto& [name, hash] : parse_check_sums(text, folder / kCheckSums)) {
    if (hash_of(folder, name) != hash) changed.push_back(name);
  }
  return changed;
}

}  // namespace castnet
