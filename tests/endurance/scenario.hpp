// What is disturbed: commands, the folder that they begin in, and what they must lead to.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "child.hpp"
#include "record.hpp"

namespace castnet::endurance {

/// A command that must complete after the disturbance, and the results that it must lead to.
struct Completion {
  std::vector<std::string> command;
  std::filesystem::path results;
};

/// Every command works on the folder stage, which is filled from `start` before each case.
struct Scenario {
  std::string name;
  std::filesystem::path start;
  std::vector<std::string> command;
  std::string program;  ///< whose points are counted: a file's name
  int share;            ///< of the time that is spent
  bool alone = true;    ///< that program is all that changes the stage
  /// Where it is a child of the command, which tells of its end: what the first such child writes.
  std::filesystem::path child = {};
  /// At least one must complete, and none may complete to other results than its own.
  std::vector<Completion> completions;
  std::vector<Operation> record;       ///< of the undisturbed command
  std::chrono::microseconds takes{0};  ///< the undisturbed command
  long kib = 0;                        ///< its results
};

/// The folders that the harness works in.
struct Places {
  explicit Places(std::filesystem::path work_folder);

  std::filesystem::path work;   ///< absolute
  std::filesystem::path stage;  ///< what commands change; on a small file system where that may be
  std::filesystem::path record;
  std::filesystem::path scratch;
  std::vector<std::string> environment;  ///< of all commands

  /// Runs a command that must succeed, and returns its output. Throws std::runtime_error.
  std::string must(const std::vector<std::string>& arguments) const;
  /// Fills the stage.
  void set_stage(const std::filesystem::path& from) const;
};

/// Replaces the contents of a folder by those of another.
void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// All scenarios, or the one of that name; draws the data, and runs each command undisturbed.
/// Throws std::runtime_error if one fails or there is no such scenario.
std::vector<Scenario> make_scenarios(const Places& places, const std::string& only);

/// Runs a command under the library that counts points. `fault` are its CASTNET_FAULT_ variables
/// for what happens where.
Ending run_counted(const Places& places, const Scenario& scenario,
                   const std::vector<std::string>& fault);

}  // namespace castnet::endurance
