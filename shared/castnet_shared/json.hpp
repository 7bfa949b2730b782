// JSON that a stranger may have made.
#pragma once

#include <stdexcept>
#include <string_view>

namespace castnet {

/// A text that is no JSON, or none that a reader should build; the message says why.
class JsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Looks through a JSON text before a document is made of it, without recursion. Throws JsonError
/// at a fault of syntax, at arrays and objects more than 64 deep, and at an object that has a key
/// twice, of which readers would take different ones.
void check_json(std::string_view text);

}  // namespace castnet
