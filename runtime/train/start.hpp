// The steps of a trainer before it makes its program and takes the program's memory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/program.hpp"
#include "data/data_set.hpp"

namespace castnet {

/// The program's data. Names on standard error the files that were passed over. Throws DataError if
/// data are missing or do not fit, and std::runtime_error, with both numbers and what to do, if
/// there is too little memory for data and program.
Split load_for(const ProgramInfo& info, const std::optional<std::filesystem::path>& root);

/// The message if memory runs out nevertheless.
std::string out_of_memory(const ProgramInfo& info);

}  // namespace castnet
