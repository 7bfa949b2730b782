// Texts that a person approved: files in the repository that a test compares with what castnet says
// now.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catch.hpp"

namespace castnet::test {

/// Compares `text` with a file that was approved. With CASTNET_APPROVE in the environment a file
/// that differs is written anew, and the test fails all the same: a person is to read what changed.
/// `tests` is the ctest name of these tests.
inline void check_approved(const std::filesystem::path& path, const std::string& text,
                           const std::string& tests) {
  std::ifstream file(path, std::ios::binary);
  const std::string approved{std::istreambuf_iterator<char>(file), {}};
  if (approved != text && std::getenv("CASTNET_APPROVE")) {
    std::ofstream(path, std::ios::binary) << text;
    FAIL_CHECK(path.string() << " was written anew: read what changed, and run the tests again "
                                "without CASTNET_APPROVE");
    return;
  }
  INFO(path.string() << " differs; if the new text is right, write it with\n"
                     << "  CASTNET_APPROVE=1 ctest --preset release -R " << tests);
  CHECK(approved == text);
}

}  // namespace castnet::test
