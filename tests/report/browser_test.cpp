// castnet report's page as a browser shows it: headless Chromium, where there is one.
#include <cairo.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <sstream>

#include "run_directory.hpp"

namespace {

using namespace castnet::test;

/// False, and said so, where there is no browser.
bool has_browser() {
  static const bool kHas = Folder().shell("command -v chromium").status == 0;
  if (!kHas) WARN("SKIPPED: Chromium is not installed, castnet report's page was not opened");
  return kHas;
}

/// What the browser says on standard output; what it says on standard error goes to the file `log`.
std::string browse(const Folder& folder, const std::string& page, const std::string& arguments) {
  const Result result = folder.shell(
      "HOME=$PWD timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars "
      "--user-data-dir=profile --enable-logging=stderr " +
      arguments + " \"file://$PWD/" + page + "\" 2>log");
  INFO(folder.read("log"));
  REQUIRE(result.status == 0);
  return result.output;
}

/// Errors and other messages of the page's scripts; but dygraphs 2.2 may count what is above an
/// axis.
std::string console(const Folder& folder) {
  std::istringstream log(folder.read("log"));
  std::string said;
  for (std::string line; std::getline(log, line);) {
    if (contains(line, "CONSOLE") && !contains(line, "points out of Y bounds")) said += line + '\n';
  }
  return said;
}

/// A report over two networks, one with two seeds.
void make_page(const Folder& folder) {
  RunSetup odd{.variant = "layer", .accuracies = {30, 99}};
  odd.spec = "# </script><script>document.body.remove()</script>\n" + std::string(kSpec);
  odd.classes = {"<img src=x>", "</script>"};
  write_run(folder, "a", {.seed = 1, .accuracies = {50, 80}});
  write_run(folder, "b", {.seed = 2, .accuracies = {60, 90}});
  write_run(folder, "c", odd);
  folder.write("b/confusion.csv", "true,cat,dog,accuracy\ncat,9,1,90.00\ndog,0,0,\n");
  const Result result = folder.castnet("report a b c -o page.html");
  INFO(result.output);
  REQUIRE(result.status == 0);
}

/// The page's document after its scripts, and then `script`, have run.
std::string document(const Folder& folder, const std::string& script = "") {
  folder.write("shown.html", folder.read("page.html") + "<script>{" + script + "}</script>");
  const std::string text = browse(folder, "shown.html", "--dump-dom");
  CHECK(console(folder) == "");
  return text.substr(0, text.find("id=\"data\"")) + text.substr(text.rfind("</footer>"));
}

TEST_CASE("the browser shows tables, charts, images and specs, and no error") {
  if (!has_browser()) return;
  const Folder folder;
  make_page(folder);
  const std::string page = document(folder);
  CHECK(contains(page, "<title>small – castnet report</title>"));
  CHECK(contains(page, "2 networks, 3 runs"));
  CHECK(contains(page, "<caption>Variants</caption>"));
  CHECK(contains(page, ">85.00 ± 7.07</td>"));
  CHECK(contains(page, ">147,496</td>"));
  CHECK(contains(page, "<canvas"));
  CHECK(contains(page, ">accuracy (%)</div>"));
  CHECK(contains(page, "test 85.00 ± 7.07 %"));
  CHECK(contains(page, "3x3 conv 4, batch norm, relu</td>"));
  CHECK(contains(page, "alt=\"Test image 7: cat taken for dog\""));
  CHECK(contains(page, "<td class=\"accuracy\">90.0 %</td>"));
  CHECK(contains(page, "<td class=\"accuracy\">–</td>"));  // without test images
  CHECK(contains(page, "+++ small_layer"));
  // Texts stay texts.
  CHECK(contains(page, "# &lt;/script&gt;&lt;script&gt;document.body.remove()&lt;/script&gt;"));
  CHECK_FALSE(contains(page, "<img src=\"x\""));
}

TEST_CASE("headings are in order, and every control has a name") {
  if (!has_browser()) return;
  const Folder folder;
  make_page(folder);
  const std::string page = document(folder, R"js(
    let last = 0, faults = [];
    for (const one of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      const level = Number(one.tagName[1]);
      if (level > last + 1) faults.push(one.textContent);
      last = level;
    }
    for (const one of document.querySelectorAll("button, summary, a")) {
      if (!one.textContent.trim()) faults.push(one.outerHTML);
    }
    for (const one of document.querySelectorAll("img:not([alt])")) faults.push(one.outerHTML);
    for (const one of document.querySelectorAll(".plot:not([aria-label])")) faults.push("chart");
    const names = [...document.querySelectorAll("[id]")].map(one => one.id);
    if (new Set(names).size !== names.length) faults.push("ids");
    document.title = "faults: " + faults.join("; ") + ".";
  )js");
  CHECK(contains(page, "<title>faults: .</title>"));
}

TEST_CASE("tables sort by their headings' buttons, numbers as numbers") {
  if (!has_browser()) return;
  const Folder folder;
  make_page(folder);
  const std::string page = document(folder, R"js(
    const table = document.querySelectorAll("#results table")[1];
    const names = () => [...table.tBodies[0].rows].map(row => row.cells[0].textContent).join("|");
    const button = table.querySelectorAll("thead button")[4];
    const states = [names()];
    for (let i = 0; i < 2; ++i) {
      button.focus();
      button.click();
      states.push(button.parentNode.getAttribute("aria-sort") + " " + names());
    }
    document.title = states.join(" / ");
  )js");
  CHECK(contains(page,
                 "<title>small, seed 1|small, seed 2|small_layer / "
                 "ascending small, seed 1|small, seed 2|small_layer / "
                 "descending small_layer|small, seed 2|small, seed 1</title>"));
}

TEST_CASE("an image's button shows its probabilities of all classes, and hides them again") {
  if (!has_browser()) return;
  const Folder folder;
  make_page(folder);
  const std::string page = document(folder, R"js(
    const button = document.querySelector(".images button");
    const panel = document.getElementById(button.getAttribute("aria-controls"));
    button.click();
    const open = button.getAttribute("aria-expanded") + " " +
                 [...panel.querySelectorAll("li")].map(one => one.textContent).join("|");
    button.click();
    document.title = open + " / " + button.getAttribute("aria-expanded") + panel.textContent;
  )js");
  CHECK(contains(page, "<title>true dog (predicted)75.0 %|cat (true)25.0 % / false</title>"));
}

TEST_CASE("buttons zoom the charts") {
  if (!has_browser()) return;
  const Folder folder;
  write_run(folder, "a", {.accuracies = {10, 20, 30, 40, 50, 60, 70, 80, 90}});
  REQUIRE(folder.castnet("report a -o page.html").status == 0);
  const std::string page = document(folder, R"js(
    const figure = document.querySelector("figure");
    const epochs = () => [...figure.querySelectorAll(".dygraph-axis-label-x")]
      .map(one => one.textContent).filter(Boolean).join(" ");
    const states = [epochs()];
    for (const button of figure.querySelectorAll(".controls button")) {
      button.click();
      if (button.textContent !== "Zoom out") states.push(epochs());
    }
    document.title = states.join(" / ");
  )js");
  INFO(page.substr(page.find("<title>"), 200));
  CHECK(contains(page, "<title>2 4 6 8 / 3 4 5 6 7 / 2 4 6 8</title>"));
}

TEST_CASE("charts leave out what diverges, and show all when asked; one epoch has one tick") {
  if (!has_browser()) return;
  const Folder folder;
  write_run(folder, "a", {.accuracies = {10, 20}, .losses = {2, 1}});
  write_run(folder, "b", {.variant = "layer", .accuracies = {10, 10}, .losses = {3, 5e13}});
  write_run(folder, "c", {.accuracies = {10}});
  const auto labels = [&](const std::string& runs, const std::string& axis) {
    REQUIRE(folder.castnet("report " + runs + " -o page.html").status == 0);
    const std::string page = document(folder, R"js(
      const figure = [...document.querySelectorAll("figure")].find(
        one => one.textContent.includes("loss"));
      const last = () => [...figure.querySelectorAll(".dygraph-axis-label-)js" +
                                                  axis + R"js(")]
        .map(one => one.textContent).filter(Boolean).at(-1);
      const before = last();
      [...figure.querySelectorAll("button")].find(one => one.textContent === "Show all").click();
      document.title = before + " / " + last();
    )js");
    const std::size_t begin = page.find("<title>") + 7;
    return page.substr(begin, page.find("</title>") - begin);
  };
  const std::string losses = labels("a b", "y");
  CHECK(losses.starts_with("3 / "));
  CHECK(losses.ends_with("e+13"));
  CHECK(labels("c", "x") == "1 / 1");
}

/// How many pixels of a PNG file have the colour 0xRRGGBB.
int count_pixels(const fs::path& png, std::uint32_t colour) {
  const std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface(
      cairo_image_surface_create_from_png(png.c_str()), cairo_surface_destroy);
  REQUIRE(cairo_surface_status(surface.get()) == CAIRO_STATUS_SUCCESS);
  const unsigned char* const data = cairo_image_surface_get_data(surface.get());
  int found = 0;
  for (int y = 0; y < cairo_image_surface_get_height(surface.get()); ++y) {
    for (int x = 0; x < cairo_image_surface_get_width(surface.get()); ++x) {
      std::uint32_t pixel = 0;
      std::memcpy(&pixel, data + y * cairo_image_surface_get_stride(surface.get()) + 4 * x, 4);
      found += (pixel & 0xffffff) == colour ? 1 : 0;
    }
  }
  return found;
}

TEST_CASE("curves and the band are drawn in their colours") {
  if (!has_browser()) return;
  const Folder folder;
  make_page(folder);
  browse(folder, "page.html", "--window-size=1280,700 --screenshot=shot.png");
  CHECK(count_pixels(folder.path() / "shot.png", 0x0072b2) > 1000);
  CHECK(count_pixels(folder.path() / "shot.png", 0xd55e00) > 1000);
  // 18 % of the blue on white.
  CHECK(count_pixels(folder.path() / "shot.png", 0xd1e5f1) +
            count_pixels(folder.path() / "shot.png", 0xd1e6f1) >
        1000);
}

TEST_CASE("a long name keeps to its chart") {
  if (!has_browser()) return;
  const Folder folder;
  write_run(folder, "a");
  auto json = nlohmann::json::parse(folder.read("a/run.json"));
  json["name"] = std::string(200, 'n');
  folder.write("a/run.json", json.dump());
  REQUIRE(folder.castnet("report a -o page.html").status == 0);
  const std::string page = document(folder, R"js(
    const wide = [...document.querySelectorAll("h1, h3, figure, .legend b")].filter(
      one => one.scrollWidth > one.clientWidth);
    document.title = "wide: " + wide.map(one => one.tagName).join(" ") + ".";
  )js");
  INFO(page.substr(page.find("<title>"), 200));
  CHECK(contains(page, "<title>wide: .</title>"));
}

TEST_CASE("nothing is wider than a phone's screen, or the paper") {
  if (!has_browser()) return;
  const Folder folder;
  make_page(folder);
  // Headless windows are 500 pixels wide at least: a frame is as narrow as it is told.
  const auto overflow = [&](int width) {
    folder.write("frame.html", "<iframe id=f src=page.html width=" + std::to_string(width) +
                                   " height=3000></iframe><script>onload = () => { document.title "
                                   "= f.contentDocument.documentElement.scrollWidth }</script>");
    return browse(folder, "frame.html", "--allow-file-access-from-files --dump-dom");
  };
  CHECK(contains(overflow(400), "<title>400</title>"));
  CHECK(contains(overflow(320), "<title>320</title>"));
}

}  // namespace
