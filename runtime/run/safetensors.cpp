#include "run/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "castnet_shared/json.hpp"

namespace castnet {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMostHeader = 100'000'000;  // as the format's own library has it
constexpr const char* kMetadata = "__metadata__";

[[noreturn]] void fail(std::string_view file, std::uint64_t offset, std::string_view problem) {
  throw CheckpointError(fmt::format("{}: byte {}: {}", file, offset, problem));
}

/// Bytes of one element; 0 for a type that this reader does not know.
std::uint64_t element_bytes(std::string_view type) {
  if (type == "F64" || type == "I64" || type == "U64" || type == "C64") return 8;
  if (type == "F32" || type == "I32" || type == "U32") return 4;
  if (type == "F16" || type == "BF16" || type == "I16" || type == "U16") return 2;
  if (type == "I8" || type == "U8" || type == "BOOL" || type == "F8_E4M3" || type == "F8_E5M2")
    return 1;
  return 0;
}

std::uint64_t read_length(std::string_view bytes, std::string_view file) {
  if (bytes.size() < kLengthBytes) fail(file, bytes.size(), "truncated: no safetensors header");
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  if (length > std::min<std::uint64_t>(bytes.size() - kLengthBytes, kMostHeader)) {
    fail(
        file, bytes.size(),
        fmt::format("truncated or no safetensors file: a header of {} bytes is announced", length));
  }
  return length;
}

/// shape's elements · `size` bytes; fails on a negative or overflowing dimension.
std::uint64_t tensor_bytes(const std::vector<std::int64_t>& shape, std::uint64_t size,
                           std::string_view file, std::string_view name) {
  std::uint64_t bytes = size;
  for (const std::int64_t dimension : shape) {
    const auto factor = static_cast<std::uint64_t>(dimension);
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / 16;
    if (dimension < 0 || (factor != 0 && bytes > most / factor)) {
      fail(file, kLengthBytes, fmt::format("tensor '{}' has an impossible shape", name));
    }
    bytes *= factor;
  }
  return bytes;
}

/// One tensor of the header; `data_start` is the offset of `data` in the file.
StoredTensor read_tensor(const std::string& name, const Json& entry, std::string_view data,
                         std::uint64_t data_start, std::string_view file) {
  StoredTensor tensor;
  tensor.name = name;
  tensor.type = entry.at("dtype").get<std::string>();
  tensor.shape = entry.at("shape").get<std::vector<std::int64_t>>();
  const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
  const std::uint64_t size = element_bytes(tensor.type);
  if (size == 0) {
    fail(file, kLengthBytes, fmt::format("tensor '{}' has unknown type '{}'", name, tensor.type));
  }
  const std::uint64_t expected = tensor_bytes(tensor.shape, size, file, name);
  if (offsets.size() != 2 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != expected) {
    fail(file, kLengthBytes,
         fmt::format("tensor '{}' needs {} bytes for its shape, its offsets say otherwise", name,
                     expected));
  }
  if (offsets[1] > data.size()) {
    fail(file, data_start + data.size(),
         fmt::format("truncated: tensor '{}' ends at byte {}", name, data_start + offsets[1]));
  }
  tensor.data = data.substr(offsets[0], expected);
  return tensor;
}

/// The range of a tensor's data in the data section, without its end.
struct Range {
  std::uint64_t first, end;
};

/// The format allows neither gaps nor overlaps.
void check_coverage(std::vector<Range> ranges, std::uint64_t size, std::uint64_t data_start,
                    std::string_view file) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return std::pair(a.first, a.end) < std::pair(b.first, b.end);
  });
  ranges.push_back({size, size});
  std::uint64_t covered = 0;
  for (const Range& range : ranges) {
    if (range.first != covered) {
      fail(file, data_start + covered, "tensors overlap, or there is a gap between them");
    }
    covered = range.end;
  }
}

}  // namespace

const StoredTensor* SafeTensors::find(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [name](const StoredTensor& t) { return t.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

std::string serialise(const SafeTensors& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::size_t offset = 0;
  for (const StoredTensor& tensor : file.tensors) {
    const std::size_t end = offset + tensor.data.size();
    header[tensor.name] = {
        {"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string bytes;
  bytes.reserve(kLengthBytes + text.size() + offset);
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    bytes += static_cast<char>(std::uint64_t{text.size()} >> (8 * i) & 0xff);
  }
  bytes += text;
  for (const StoredTensor& tensor : file.tensors) bytes += tensor.data;
  return bytes;
}

SafeTensors parse_safetensors(std::string_view bytes, std::string_view file_name) {
  const std::uint64_t length = read_length(bytes, file_name);
  const std::uint64_t data_start = kLengthBytes + length;
  const std::string_view data = bytes.substr(data_start);
  SafeTensors file;
  std::vector<Range> ranges;
  try {
    check_json(bytes.substr(kLengthBytes, length));
    const Json header = Json::parse(bytes.substr(kLengthBytes, length));
    for (const auto& [name, entry] : header.items()) {
      if (name == kMetadata) {
        file.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      file.tensors.push_back(read_tensor(name, entry, data, data_start, file_name));
      const auto first = entry.at("data_offsets").at(0).get<std::uint64_t>();
      ranges.push_back({first, first + file.tensors.back().data.size()});
    }
  } catch (const JsonError& error) {
    fail(file_name, kLengthBytes, fmt::format("damaged header: {}", error.what()));
  } catch (const nlohmann::json::exception& error) {
    fail(file_name, kLengthBytes, fmt::format("damaged header: {}", error.what()));
  }
  check_coverage(std::move(ranges), data.size(), data_start, file_name);
  return file;
}

}  // namespace castnet
