// Every file of the corpus goes through the fuzz target; a failure aborts the program.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "../catch.hpp"
#include "spec_fuzz.hpp"

TEST_CASE("the fuzz corpus", "[fuzz]") {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(CASTNET_SOURCE_DIR "/tests/fuzz/corpus")) {
    INFO(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    CHECK(LLVMFuzzerTestOneInput(data, bytes.size()) == 0);
    ++count;
  }
  CHECK(count >= 100);
}
