#include "report/canvas.hpp"

#include <algorithm>

#include "../catch.hpp"
#include "pixels.hpp"

using namespace castnet;

namespace {

test::Pixels drawn(const std::string& text, const TextStyle& style) {
  Canvas canvas(300, 40);
  canvas.text(20, 20, text, style);
  return test::Pixels(canvas.png());
}

/// The rows from the first to the last with ink.
int ink_height(const test::Pixels& pixels) {
  int first = pixels.height(), last = 0;
  for (int y = 0; y < pixels.height(); ++y) {
    if (pixels.ink({0, y, pixels.width(), y + 1}) == 0) continue;
    first = std::min(first, y);
    last = y;
  }
  return last - first + 1;
}

}  // namespace

TEST_CASE("a text keeps to its width and can still be read", "[runtime][report]") {
  constexpr TextStyle kStyle{.size = 20, .width = 100};
  const int usual = ink_height(drawn("HHHH", {.size = 20}));
  CHECK(ink_height(drawn("HHHH", kStyle)) == usual);
  for (const std::size_t letters : {8, 12, 20, 200}) {
    const test::Pixels pixels = drawn(std::string(letters, 'H'), kStyle);
    INFO(letters);
    CHECK(pixels.ink({121, 0, 300, 40}) == 0);
    CHECK(pixels.ink({100, 0, 121, 40}) > 0);
    CHECK(2 * ink_height(pixels) >= usual);
    CHECK(ink_height(pixels) < usual);
  }
}

TEST_CASE("an ellipsis takes the middle of a text, and whole characters", "[runtime][report]") {
  for (double width = 1; width < 60; ++width) {
    CHECK_NOTHROW(drawn("ääääÄÄÄÄ→→→→ööööÖÖÖÖ", {.size = 10, .width = width}));
  }
  const TextStyle style{.size = 10, .width = 80};
  const auto same = [&](const std::string& a, const std::string& b, int left, int right) {
    const test::Pixels one = drawn(a, style), other = drawn(b, style);
    return one.ink({left, 0, right, 40}) == other.ink({left, 0, right, 40});
  };
  const std::string middle(30, 'm');
  CHECK(same("iiii" + middle + "iiii", "iiii" + middle + middle + "iiii", 0, 300));
  CHECK_FALSE(same("iiii" + middle + "iiii", "iiii" + middle + "MMMM", 70, 100));
  CHECK_FALSE(same("iiii" + middle + "iiii", "MMMM" + middle + "iiii", 20, 50));
}
