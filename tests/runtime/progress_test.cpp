#include "train/progress.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include "../catch.hpp"
#include "allocations.hpp"
#include "castnet_shared/file.hpp"
#include "redirect.hpp"
#include "temporary_folder.hpp"

using namespace castnet;

namespace {

constexpr Moment kMoment{.epoch = 3,
                         .epochs = 20,
                         .step = 195,
                         .steps = 390,
                         .loss = 1.23456,
                         .accuracy = 45.678,
                         .images_per_second = 12345.6,
                         .seconds_left = 3725};

std::string line(std::size_t columns) {
  LineBuffer buffer;
  const std::size_t before = test::allocations;
  const std::string_view text = live_line(kMoment, columns, buffer);
  CHECK(test::allocations == before);
  return std::string(text);
}

}  // namespace

TEST_CASE("the live bar is as wide as the terminal lets it", "[runtime][progress]") {
  const std::string whole =
      "epoch  3/20 [##########----------] 195/390  loss 1.2346  45.68 %  12346 images/s  "
      "1:02:05 left";
  CHECK(line(1000) == whole);
  CHECK(line(whole.size() + 1) == whole);
  CHECK(line(whole.size()) ==
        "epoch  3/20 [#########----------] 195/390  loss 1.2346  45.68 %  12346 images/s  "
        "1:02:05 left");
  CHECK(line(80).size() == 79);
  CHECK(line(80).find("[##") != std::string::npos);
  CHECK(line(24) == "epoch  3/20 [] 195/390 ");
  CHECK(line(1).empty());
}

TEST_CASE("a warning has a line of its own, in each style", "[runtime][progress]") {
  const auto told = [](Progress::Style style) {
    const test::TemporaryFolder folder;
    {
      const test::Redirect elsewhere(stderr, folder / "told");
      Progress progress(style);
      progress.step(kMoment);
      progress.message("news");
      progress.step({kMoment.epoch, 20, 390, 390, 1, 1, 1, 1});
      progress.warning("far off");
    }
    return read_file(folder / "told");
  };
  const std::string live = told(Progress::Style::live);
  CHECK(live.ends_with(" left\r\033[Kwarning: far off\n"));
  CHECK(live.find(" 195/390  loss 1.2346") != live.npos);
  CHECK(told(Progress::Style::lines) == "news\nwarning: far off\n");
  CHECK(told(Progress::Style::quiet) == "warning: far off\n");
}
