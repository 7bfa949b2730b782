#include "core/utf8.hpp"

#include <nlohmann/json.hpp>

namespace castnet {

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
  return true;
}

}  // namespace castnet
