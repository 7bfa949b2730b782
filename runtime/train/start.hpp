// What a trainer does before it makes its program, which takes its memory then.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/program.hpp"
#include "data/data_set.hpp"

namespace castnet {

/// The program's data. Says on standard error what was passed over. Throws DataError if they are
/// not there or do not fit, and std::runtime_error, with both numbers and what to do, where there
/// is too little memory for the program beside them.
Split load_for(const ProgramInfo& info, const std::optional<std::filesystem::path>& root);

/// What to say where memory ran out all the same.
std::string out_of_memory(const ProgramInfo& info);

}  // namespace castnet
