// What castnet reads of runs and comparisons that someone else may have made.
#include <cli/compare_record.hpp>
#include <cli/report_run.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "../runtime/temporary_folder.hpp"
#include "readers.hpp"

namespace castnet::fuzz {
namespace {

using test::TemporaryFolder;

/// A run directory whose other files are as they should be.
const TemporaryFolder& run_folder() {
  static const TemporaryFolder folder;
  static const bool filled = [] {
    for (const char* const name : {"metrics.csv", "confusion.csv", "misclassified.csv"}) {
      std::ifstream file(std::string(CASTNET_SOURCE_DIR "/tests/fuzz/run/") + name);
      folder.write(name, std::string(std::istreambuf_iterator<char>(file), {}));
    }
    folder.write("misclassified/35.png", "");
    return true;
  }();
  static_cast<void>(filled);
  return folder;
}

}  // namespace

void read_run_json(std::string_view bytes) {
  const TemporaryFolder& folder = run_folder();
  folder.write("run.json", bytes);
  const codegen::FoundRun run{.folder = folder.path(), .label = "", .target = {}};
  if (codegen::unfinished(run)) return;
  codegen::read_run(run);
}

void read_compare_json(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write("compare.json", bytes);
  codegen::read_record(folder.path());
}

}  // namespace castnet::fuzz
