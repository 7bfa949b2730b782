// The command line of a generated trainer.
#pragma once

#include <memory>

#include "core/program.hpp"

namespace castnet {

/// Everything that a generated trainer's `main` does: reads the options, finds the data, trains (or
/// resumes, or evaluates) and fills the run directory. `make` builds the program of `info`, once,
/// when the data have been read and there is memory for it.
/// Returns the exit status: 0 fine; 1 a checkpoint of another run or network; 2 wrong usage;
/// 3 data, memory, disk or a non-finite loss; 130 interrupted, with everything saved.
int trainer_main(int argc, char** argv, const ProgramInfo& info,
                 std::unique_ptr<Program> (*make)());

}  // namespace castnet
