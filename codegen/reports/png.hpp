// PNG pictures that a stranger may have made.
#pragma once

#include <string>
#include <string_view>

namespace castnet::codegen {

/// The reason why these bytes are not a PNG picture for a page, e.g. "it has no PNG signature";
/// empty if they are one. The picture may have up to 8192 pixels a side. Its pixels are not
/// checked.
std::string png_fault(std::string_view bytes);

}  // namespace castnet::codegen
