// SHA256SUMS: the check sums of a folder's files, as `sha256sum -c` reads them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "castnet_shared/folder.hpp"

namespace castnet {

inline constexpr char kCheckSums[] = "SHA256SUMS";

/// SHA-256 in hexadecimal by name; a name is that of a file, or FOLDER/FILE.
using CheckSums = std::map<std::string, std::string>;

/// The file's text: a line "HASH  NAME" each.
std::string to_text(const CheckSums& sums);
/// The inverse. Throws FileError, with `path`, on anything else.
CheckSums parse_check_sums(std::string_view text, const std::filesystem::path& path);

/// The files that SHA256SUMS in the folder names and whose contents are others now, or that are
/// missing or cannot be read. Throws FileError if that is so of SHA256SUMS itself.
std::vector<std::string> changed_files(const Folder& folder);

}  // namespace castnet
