#include "report/canvas.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

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

/// Whether fontconfig knows a font for that language, "ja".
bool has_font(const std::string& language) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> list(
      popen(("fc-list :lang=" + language).c_str(), "r"), pclose);
  return list != nullptr && std::fgetc(list.get()) != EOF;
}

}  // namespace

TEST_CASE("names in Chinese, Japanese and Korean show their own characters", "[runtime][report]") {
  const std::pair<const char*, const char*> pairs[] = {
      {"zh-cn", "鸟鱼"}, {"ja", "鳥魚"}, {"ja", "とり"}, {"ko", "새말"}};
  for (const auto& [language, two] : pairs) {
    if (!has_font(language)) {
      WARN("SKIPPED: no font for " << language << " is installed, or no fc-list to tell of it");
      continue;
    }
    INFO(two);
    const std::string text = two;
    const test::Region area{0, 0, 300, 40};
    const int first = drawn(text.substr(0, 3), {.size = 24}).ink(area);
    CHECK(first > 0);
    CHECK(first != drawn(text.substr(3), {.size = 24}).ink(area));  // one box for every character
  }
  if (has_font("ja")) {  // a single stroke, where a box would be as high as other characters
    CHECK(3 * ink_height(drawn("一", {.size = 24})) < ink_height(drawn("日", {.size = 24})));
  }
}

TEST_CASE("a text that is no UTF-8, or markup, or empty, is drawn as it is", "[runtime][report]") {
  const test::Region area{0, 0, 300, 40};
  const int plain = drawn("z", {}).ink(area);
  for (const std::string bytes : {"a\xffz", "a\xe9\xa3z", "az\xf0", "\xc0\xafz"}) {
    CHECK(drawn(bytes, {}).ink(area) > plain);
    CHECK(drawn(bytes, {.width = 12}).ink({34, 0, 300, 40}) == 0);
  }
  CHECK(drawn(std::string("z\0z", 3), {}).ink(area) > plain);
  CHECK(drawn("", {}).ink(area) == 0);
  Canvas ruler(1, 1);
  CHECK(ruler.text_width("<b>x</b>", {}) > 4 * ruler.text_width("x", {}));
  CHECK(ruler.text_width("&amp;", {}) > 2 * ruler.text_width("&", {}));
  CHECK(ink_height(drawn("H\nH", {})) < 2 * ink_height(drawn("H", {})));
}

TEST_CASE("threads draw the same texts at the same time", "[runtime][report]") {
  const auto picture = [] {
    Canvas canvas(200, 40);
    for (int i = 0; i < 20; ++i) canvas.text(100, 20, "train 鳥 1.25", {.size = 8.0 + i});
    return canvas.png();
  };
  std::vector<std::string> pictures(4);
  std::vector<std::thread> threads;
  for (std::string& one : pictures) threads.emplace_back([&] { one = picture(); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& one : pictures) CHECK(one == picture());
}

TEST_CASE("letters on white are dark enough, in every colour", "[runtime][report]") {
  CHECK(contrast({0, 0, 0}, kWhite) == Approx(21));
  CHECK(contrast(kWhite, {0, 0, 0}) == Approx(21));
  CHECK(contrast({0.5, 0.5, 0.5}, kWhite) == Approx(3.98).margin(0.01));
  CHECK(packed(legible(kBlue)) == packed(kBlue));
  for (const Colour colour : {kWhite, kOrange, kLightGrey, Colour{0.9, 0.62, 0}}) {
    CHECK(contrast(legible(colour), kWhite) >= 4.5);
  }
  CHECK(contrast(kGrey, kWhite) >= 4.5);
}

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
  std::string hebrew;  // from right to left, and still from the anchor on
  for (int i = 0; i < 100; ++i) hebrew += "ש";
  for (const Align align : {Align::left, Align::centre, Align::right}) {
    Canvas canvas(300, 40);
    canvas.text(150, 20, hebrew, {.size = 20, .align = align, .width = 100});
    const test::Pixels pixels(canvas.png());
    const int left = align == Align::left ? 150 : align == Align::centre ? 100 : 50;
    CHECK(pixels.ink({0, 0, left - 1, 40}) == 0);
    CHECK(pixels.ink({left, 0, left + 20, 40}) > 0);
    CHECK(pixels.ink({left + 80, 0, left + 100, 40}) > 0);
    CHECK(pixels.ink({left + 101, 0, 300, 40}) == 0);
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
