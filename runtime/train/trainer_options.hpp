// A trainer's command line.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace castnet {

struct TrainerOptions {
  std::optional<std::filesystem::path> data;
  std::optional<std::filesystem::path> out;
  bool resume = false;
  bool allow_other_build = false;
  std::optional<std::uint64_t> seed;
  std::optional<int> epochs;
  int threads = 0;
  std::filesystem::path spec_file;
  bool quiet = false;
  std::string title;                 ///< title of the pictures, without the data set
  bool identity = false;             ///< whether only to print the identity
  std::filesystem::path checkpoint;  ///< --eval
  bool profile = false;
  std::filesystem::path replay;  ///< run directory
  std::string replayed_epochs;   ///< A:B; empty: all
  std::filesystem::path show;    ///< predictions to draw
  std::string heading;           ///< heading above them
  bool grad_cam = false;
  std::optional<std::filesystem::path> weights;  ///< checkpoint for the heat maps of --show
};

/// `options` must outlive the app, which fills it in.
void add_options(CLI::App& app, TrainerOptions& options);

}  // namespace castnet
