// PNG pictures that a stranger may have made.
#pragma once

#include <string>
#include <string_view>

namespace castnet::codegen {

/// Why these bytes are not a PNG picture for a page: "it has no PNG signature"; empty where they
/// are. The picture may have 8192 pixels a side. Its pixels are not looked at.
std::string png_fault(std::string_view bytes);

}  // namespace castnet::codegen
