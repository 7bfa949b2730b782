// The trainings of a comparison.
#pragma once

#include <cstddef>
#include <vector>

#include "castnet_shared/folder.hpp"
#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// Waits until no training writes into the directory of any of the tasks, and says for which: those
/// of a comparison that was killed first save their state. Throws FileError.
void wait_for_writers(const std::vector<Task>& tasks);

struct Trained {
  bool interrupted = false;
  std::size_t failed = 0;  ///< tasks
};

/// Trains what is not finished, several at a time, and updates the states. Says what it does, and
/// why tasks fail.
Trained train_all(const Folder& out, const CompareOptions& options,
                  const std::vector<Variant>& variants, std::vector<Task>& tasks);

}  // namespace castnet::codegen
