// libFuzzer on the reader that CASTNET_FUZZ_READER names (scripts/fuzz.sh).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "../readers.hpp"

namespace {

const castnet::fuzz::Reader* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const name = std::getenv("CASTNET_FUZZ_READER");
  const auto readers = castnet::fuzz::readers();
  const auto found =
      std::ranges::find(readers, std::string_view(name ? name : ""), &castnet::fuzz::Reader::name);
  if (found == readers.end()) {
    std::fputs("CASTNET_FUZZ_READER must be one of:", stderr);
    for (const auto& reader : readers) std::fprintf(stderr, " %s", reader.name.data());
    std::fputs("\n", stderr);
    std::exit(2);
  }
  chosen = &*found;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  castnet::fuzz::try_reader(*chosen, {reinterpret_cast<const char*>(data), size});
  return 0;
}
