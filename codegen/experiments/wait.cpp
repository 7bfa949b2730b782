#include "experiments/wait.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "castnet_shared/folder.hpp"

namespace castnet::codegen {

void wait_for_writers(const std::vector<PlannedRun>& runs) {
  for (const PlannedRun& run : runs) {
    if (!std::filesystem::is_directory(run.folder)) continue;
    const Folder folder(run.folder);
    bool told = false;
    while (!folder.lock()) {
      if (!told) {
        fmt::print(stderr, "castnet: {}: waiting for another training that writes into {}\n",
                   run.label, run.folder.string());
      }
      told = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

}  // namespace castnet::codegen
