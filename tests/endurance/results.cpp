#include "results.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

namespace castnet::endurance {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

bool tells_time(const std::string& name) { return name.find("second") != std::string::npos; }

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::istringstream rest(line);
  for (std::string cell; std::getline(rest, cell, separator);) cells.push_back(cell);
  return cells;
}

/// A table without its columns of times; text that is none comes back as it is.
std::string without_times(const std::string& text, char separator) {
  std::istringstream lines(text);
  std::vector<std::string> header;
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> cells = split(line, separator);
    if (header.size() != cells.size()) header = cells;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!tells_time(header[i])) result += cells[i] + separator;
    }
    result += '\n';
  }
  return result;
}

void remove_times(Json& json) {
  if (json.is_object()) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) {
      if (tells_time(key)) keys.push_back(key);
    }
    for (const std::string& key : keys) json.erase(key);
  }
  for (Json& value : json) {
    if (value.is_structured()) remove_times(value);
  }
}

/// The header, with the rows of metrics.csv in it, and the tensors' bytes.
std::string safetensors_without_times(const std::string& bytes) {
  std::uint64_t size = 0;
  if (bytes.size() < sizeof size) return bytes;
  std::memcpy(&size, bytes.data(), sizeof size);
  if (size > bytes.size() - sizeof size) return bytes;
  Json header = Json::parse(bytes.substr(sizeof size, size), nullptr, false);
  if (!header.is_object() || !header.contains("__metadata__")) return bytes;
  Json& metadata = header["__metadata__"];
  if (metadata.contains("metrics")) {
    metadata["metrics"] = without_times(metadata["metrics"].get<std::string>(), ',');
    metadata.erase("sha256");
  }
  remove_times(metadata);
  return header.dump() + bytes.substr(sizeof size + size);
}

/// SHA256SUMS without the sums of files that have times.
std::string sums_without_times(const std::string& text) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(std::min(line.size(), line.find("  ")));
    kept += (name == "  metrics.csv" || name == "  last.safetensors" ? name : line) + '\n';
  }
  return kept;
}

std::string read_results(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (path.extension() == ".log") return {};
  if (path.filename() == "SHA256SUMS") return sums_without_times(bytes);
  if (path.extension() == ".csv") return without_times(bytes, ',');
  if (path.extension() == ".md") return without_times(bytes, '|');
  if (path.extension() == ".safetensors") return safetensors_without_times(bytes);
  if (path.extension() != ".json") return bytes;
  Json json = Json::parse(bytes, nullptr, false);
  remove_times(json);
  return json.is_discarded() ? bytes : json.dump();
}

/// All files, and folders, below a folder, by their paths from it.
std::map<std::string, fs::path> files_below(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    files[entry.path().lexically_relative(folder).string()] = entry.path();
  }
  return files;
}

}  // namespace

std::string difference(const fs::path& expected, const fs::path& actual) {
  const auto want = files_below(expected);
  const auto have = files_below(actual);
  for (const auto& [name, path] : want) {
    const auto found = have.find(name);
    if (found == have.end()) return fmt::format("{} is missing", name);
    if (fs::is_directory(path) != fs::is_directory(found->second)) {
      return fmt::format("{} is of another kind", name);
    }
    if (!fs::is_directory(path) && read_results(path) != read_results(found->second)) {
      return fmt::format("{} differs", name);
    }
  }
  for (const auto& [name, path] : have) {
    if (!want.contains(name)) return fmt::format("{} {}", name, kLeftOver);
  }
  return {};
}

}  // namespace castnet::endurance
