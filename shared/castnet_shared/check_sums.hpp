// SHA256SUMS: the check sums of a folder's files, as `sha256sum -c` reads them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "castnet_shared/folder.hpp"

namespace castnet {

inline constexpr char kCheckSums[] = "SHA256SUMS";

/// SHA-256 in hexadecimal by name. A name is that of a file, or FOLDER/FILE.
using CheckSums = std::map<std::string, std::string>;

/// The file's text, with one line "HASH  NAME" for each.
std::string to_text(const CheckSums& sums);
/// The inverse. Throws FileError, with `path`, on any other text.
CheckSums parse_check_sums(std::string_view text, const std::filesystem::path& path);

/// The files that the folder's SHA256SUMS names and that are changed, missing or unreadable. Throws
/// FileError if SHA256SUMS itself is.
std::vector<std::string> changed_files(const Folder& folder);

}  // namespace castnet
