// What castnet reads of runs and comparisons that someone else may have made.
#include <experiments/record.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <reports/run.hpp>
#include <runs/files.hpp>
#include <string>

#include "../runtime/temporary_folder.hpp"
#include "readers.hpp"

namespace castnet::fuzz {
namespace {

namespace fs = std::filesystem;

using test::TemporaryFolder;

/// A run directory whose other files are as they should be.
const TemporaryFolder& run_folder() {
  static const TemporaryFolder folder;
  static const bool filled = [] {
    for (const char* const name : {"metrics.csv", "confusion.csv", "misclassified.csv", "35.png"}) {
      std::ifstream file(std::string(CASTNET_SOURCE_DIR "/tests/fuzz/run/") + name);
      const std::string to = fs::path(name).extension() == ".png" ? "misclassified/" : "";
      folder.write(to + name, std::string(std::istreambuf_iterator<char>(file), {}));
    }
    return true;
  }();
  static_cast<void>(filled);
  return folder;
}

}  // namespace

void read_run_json(std::string_view bytes) {
  const TemporaryFolder& folder = run_folder();
  folder.write("run.json", bytes);
  const codegen::FoundRun run{.folder = folder.path(), .label = "", .seed = {}, .target = {}};
  std::uint64_t left = codegen::kMostInPage;
  codegen::read_run(run, left);
}

void read_compare_json(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write("compare.json", bytes);
  codegen::read_record(Folder::open(folder.path()));
}

}  // namespace castnet::fuzz
