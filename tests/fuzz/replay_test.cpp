// Every file of the corpus goes through its reader; what must not happen ends the program.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "../catch.hpp"
#include "readers.hpp"

TEST_CASE("the fuzz corpus", "[fuzz]") {
  for (const castnet::fuzz::Reader& reader : castnet::fuzz::readers()) {
    const std::string folder = CASTNET_SOURCE_DIR "/tests/fuzz/corpus/" + std::string(reader.name);
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      INFO(entry.path());
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      CHECK_NOTHROW(castnet::fuzz::try_reader(reader, bytes));
      ++count;
    }
    INFO(folder);
    CHECK(count >= (reader.name == "spec" ? 100 : 3));
  }
}
