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
  std::string title;                 ///< of the pictures, without the data set
  bool identity = false;             ///< only print it
  std::filesystem::path checkpoint;  ///< --eval
  bool profile = false;
  std::filesystem::path replay;  ///< run directory
  std::string replayed_epochs;   ///< A:B; empty: all
  std::filesystem::path show;    ///< predictions to draw
  std::string heading;           ///< over them
  bool grad_cam = false;
  std::optional<std::filesystem::path> weights;  ///< whose heat maps are drawn with --show
};

/// `options` outlives the app, which fills it in.
void add_options(CLI::App& app, TrainerOptions& options);

}  // namespace castnet
