#include "core/from_chars.hpp"

#include <cmath>
#include <cstdlib>
#include <string>

#include "../catch.hpp"

namespace castnet {
namespace {

#ifdef __cpp_lib_to_chars
TEST_CASE("numbers are read by strtod as by std::from_chars") {
  const auto format = GENERATE(std::chars_format::general, std::chars_format::hex);
  const std::string text =
      GENERATE("1", "-0.5", "1e-3", "1.8p+1", "-1p-3", "0", "-0", "nan", "inf", "-inf", "", "-",
               " 1", "- 1", "+1", "-+1", "--1", "0x10", "1e999", "1.5 ", "one", "0.1", "16777217");
  INFO("'" << text << "'");
  const char* const last = text.data() + text.size();
  double expected = 7, value = 7;
  const auto theirs = std::from_chars(text.data(), last, expected, format);
  const auto ours = from_chars_by_strtod(text.data(), last, value, format);
  const bool theirs_whole = theirs.ec == std::errc{} && theirs.ptr == last;
  REQUIRE((ours.ec == std::errc{} && ours.ptr == last) == theirs_whole);
  if (!theirs_whole) return;
  CHECK((value == expected || (std::isnan(value) && std::isnan(expected))));
  CHECK(std::signbit(value) == std::signbit(expected));
}
#endif

}  // namespace
}  // namespace castnet
