// The trainings of a comparison.
#pragma once

#include <cstddef>
#include <vector>

#include "castnet_shared/folder.hpp"
#include "experiments/tasks.hpp"

namespace castnet::codegen {

/// Waits until no training writes into the directory of any task, and names the tasks that it waits
/// for. Trainings of a killed comparison save their state first. Throws FileError.
void wait_for_writers(const std::vector<Task>& tasks);

struct Trained {
  bool interrupted = false;
  std::size_t failed = 0;  ///< number of failed tasks
};

/// Trains the unfinished tasks, several at a time, and updates their states. Prints its progress,
/// and the reasons of failures.
Trained train_all(const Folder& out, const CompareOptions& options,
                  const std::vector<Variant>& variants, std::vector<Task>& tasks);

}  // namespace castnet::codegen
