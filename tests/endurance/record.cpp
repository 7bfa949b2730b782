#include "record.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace castnet::endurance {

std::vector<Operation> read_record(const std::filesystem::path& file) {
  std::vector<Operation> operations;
  std::ifstream input(file, std::ios::binary);
  for (std::string line; std::getline(input, line);) {
    std::istringstream fields(line);
    std::string error;
    std::string offset;
    std::string size;
    Operation one;
    std::getline(fields, one.name, '\t');
    std::getline(fields, error, '\t');
    std::getline(fields, one.path, '\t');
    std::getline(fields, one.other, '\t');
    std::getline(fields, offset, '\t');
    std::getline(fields, size, '\t');
    one.error = std::stoi(error);
    one.offset = std::stoull(offset);
    one.data.resize(std::stoull(size));
    input.read(one.data.data(), static_cast<std::streamsize>(one.data.size()));
    if (!input) throw std::runtime_error(fmt::format("{} ends in the middle", file.string()));
    operations.push_back(std::move(one));
  }
  return operations;
}

std::string to_text(const Operation& operation) {
  return fmt::format("{} {}{}{}", operation.name, operation.path,
                     operation.other.empty() ? "" : " ", operation.other);
}

}  // namespace castnet::endurance
