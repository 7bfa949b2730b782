// Text of other programs.
#pragma once

#include <string>

namespace castnet {

/// Whether it is UTF-8.
bool is_utf8(const std::string& text);

}  // namespace castnet
