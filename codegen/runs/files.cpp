#include "runs/files.hpp"

#include <fmt/format.h>

namespace castnet::codegen {

std::optional<Folder> find_run(const Folder& comparison, const std::string& label,
                               std::uint64_t seed) {
  const std::optional<Folder> variant = comparison.find_folder(label);
  return variant ? variant->find_folder(fmt::format("seed-{}", seed)) : std::nullopt;
}

}  // namespace castnet::codegen
