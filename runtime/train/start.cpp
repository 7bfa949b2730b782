#include "train/start.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

#include "castnet_shared/memory.hpp"
#include "train/loop.hpp"

namespace castnet {
namespace {

/// The network of the cuda target is in the device's memory, which reports by itself when it is
/// full.
MemoryNeed need_of(const ProgramInfo& info, std::uint64_t data) {
  return {.name = info.name,
          .batch = info.batch,
          .network = on_host(info) ? info.memory : 0,
          .data = data};
}

void require_memory(const ProgramInfo& info, const Split& split) {
  const std::size_t image = split.train.image_bytes();
  const std::uint64_t read = (image + 1) * (split.train.size() + split.test.size());
  const MemoryNeed need = need_of(info, data_bytes(split.train.size(), split.test.size(), image));
  if (const auto problem = why_too_large(need, read, available_memory())) {
    throw std::runtime_error(*problem);
  }
}

}  // namespace

Split load_for(const ProgramInfo& info, const std::optional<std::filesystem::path>& root) {
  Split split = load_data(info, root);
  // Not progress: --quiet does not silence it.
  for (const std::string& note : split.notes) {
    std::fputs(fmt::format("note: {}\n", note).c_str(), stderr);
  }
  check_fits(split, info);
  require_memory(info, split);
  return split;
}

std::string out_of_memory(const ProgramInfo& info) {
  return fmt::format("out of memory: {}; {}", to_text(need_of(info, 0)), kLowerBatch);
}

}  // namespace castnet
