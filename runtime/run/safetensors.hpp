// The safetensors file format: 8 bytes of header length (little endian), a JSON header, raw data.
// https://github.com/huggingface/safetensors#format
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/real.hpp"

namespace castnet {

/// A checkpoint that cannot be read or does not fit the program.
class CheckpointError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The format's name of Real: "F32" or "F64".
inline constexpr const char* kRealType = sizeof(Real) == 4 ? "F32" : "F64";

/// One tensor; `data` holds its elements in row-major order, little endian.
struct StoredTensor {
  std::string name;
  std::string type;                 ///< "F32", "F64", …
  std::vector<std::int64_t> shape;  ///< outermost first
  std::string data;
};

/// A whole file.
struct SafeTensors {
  std::vector<StoredTensor> tensors;
  std::map<std::string, std::string> metadata;

  /// The tensor `name`, or nullptr.
  const StoredTensor* find(std::string_view name) const;
};

/// The file's bytes; tensors lie in the given order and the header is padded to a multiple of 8.
std::string serialise(const SafeTensors& file);

/// The inverse. `file_name` is for messages. Throws CheckpointError with the byte offset if the
/// header is no JSON, a size does not match its shape, or data overlap or are missing.
SafeTensors parse_safetensors(std::string_view bytes, std::string_view file_name);

}  // namespace castnet
