// Image folders, over PNG files that the tests write.
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "castnet_shared/file.hpp"
#include "data/data_set.hpp"
#include "png_files.hpp"
#include "program_info.hpp"
#include "temporary_folder.hpp"

using namespace castnet;
using Catch::Contains;
using test::Paint;
using test::write_png;

namespace {

/// Colour 0xRRGGBB everywhere.
Paint plain(std::uint32_t colour) {
  return [colour](int, int) { return 0xff000000 | colour; };
}

/// Two classes, of one training image and one test image each.
void write_two_classes(const test::TemporaryFolder& folder) {
  write_png(folder / "train/cat/1.png", 4, 4, plain(0x102030));
  write_png(folder / "train/ant/1.png", 4, 4, plain(0x405060));
  write_png(folder / "test/cat/1.png", 4, 4, plain(0x708090));
  write_png(folder / "test/ant/1.png", 4, 4, plain(0xa0b0c0));
}

std::vector<int> image(const DataSet& set, std::size_t index) {
  const auto bytes = set.image(index);
  return {bytes.begin(), bytes.end()};
}

/// A picture as the only image of its data set, at `shape`.
std::vector<int> read_alone(const test::TemporaryFolder& folder, ImageShape shape) {
  return image(read_image_folder(folder.path(), shape).train, 0);
}

void write_alone(const test::TemporaryFolder& folder, int width, int height, const Paint& paint,
                 cairo_format_t format = CAIRO_FORMAT_RGB24) {
  write_png(folder / "train/a/1.png", width, height, paint, format);
  write_png(folder / "test/a/1.png", 1, 1, plain(0));
}

}  // namespace

TEST_CASE("folders are classes, in the order of their names", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_two_classes(folder);
  write_png(folder / "train/cat/0.PNG", 4, 4, plain(0x010203));
  write_png(folder / "train/cat/10.png", 4, 4, plain(0x040506));
  folder.write("train/cat/notes.txt", "no image");
  folder.write("train/.hidden/1.png", "no image");
  const Split split = read_image_folder(folder.path(), {3, 4, 4});
  CHECK(split.classes == std::vector<std::string>{"ant", "cat"});
  CHECK(split.train.labels == std::vector<std::uint8_t>{0, 1, 1, 1});
  CHECK(split.test.labels == std::vector<std::uint8_t>{0, 1});
  CHECK(int{split.train.image(0)[0]} == 0x40);
  CHECK(int{split.train.image(1)[0]} == 0x01);
  CHECK(int{split.train.image(2)[16]} == 0x20);
  CHECK(int{split.train.image(3)[32]} == 0x06);
  CHECK(int{split.test.image(1)[0]} == 0x70);
}

TEST_CASE("whatever case .png is in, it is read", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_two_classes(folder);
  write_png(folder / "train/cat/2.Png", 4, 4, plain(0x010203));
  write_png(folder / "train/cat/3.pnG", 4, 4, plain(0x040506));
  const Split split = read_image_folder(folder.path(), {3, 4, 4});
  CHECK(split.train.labels == std::vector<std::uint8_t>{0, 1, 1, 1});
  CHECK(int{split.train.image(3)[0]} == 0x04);
  CHECK(split.notes.empty());
}

TEST_CASE("what is passed over in an image folder is told, a line a kind", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_two_classes(folder);
  const std::string path = folder.path().string();
  const auto notes = [&] { return read_image_folder(folder.path(), {3, 4, 4}).notes; };
  SECTION("nothing") { CHECK(notes().empty()); }
  SECTION("other formats, by their first bytes") {
    for (const char* name : {"train/ant/7.jpg", "train/ant/8.jpeg", "test/cat/9"}) {
      folder.write(name, "\xff\xd8\xff\xe0 a JPEG");
    }
    folder.write("train/cat/1.gif", "GIF89a and more");
    folder.write("train/cat/1.webp", "RIFF....WEBPVP8 ");
    CHECK(notes() ==
          std::vector<std::string>{"passed over 1 GIF image, '" + path +
                                       "/train/cat/1.gif'; castnet reads PNG: convert to it",
                                   "passed over 3 JPEG images, such as '" + path +
                                       "/train/ant/7.jpg'; castnet reads PNG: convert to it",
                                   "passed over 1 WebP image, '" + path +
                                       "/train/cat/1.webp'; castnet reads PNG: convert to it"});
  }
  SECTION("PNG files of another name") {
    std::filesystem::copy(folder / "train/ant/1.png", folder / "train/ant/2.image");
    CHECK(notes() == std::vector<std::string>{"passed over 1 PNG image not called .png, '" + path +
                                              "/train/ant/2.image'; rename it to be read"});
  }
  SECTION("what is no image") {
    folder.write("train/cat/notes.txt", "no image");
    folder.write("train/cat/empty", "");
    CHECK(notes() ==
          std::vector<std::string>{"passed over 2 files of no known image format, such as '" +
                                   path + "/train/cat/empty'"});
  }
  SECTION("dangling links") {
    std::filesystem::create_symlink("gone.png", folder / "train/cat/2.png");
    std::filesystem::create_symlink("gone", folder / "train/dog");
    CHECK(notes() == std::vector<std::string>{"passed over 2 dangling links, such as '" + path +
                                              "/train/dog'; restore what it pointed to, or remove "
                                              "it"});
  }
  SECTION("files and folders at a wrong level") {
    folder.write("train/1.png", "beside the classes");
    folder.write("README", "beside train and test");
    write_png(folder / "train/cat/more/1.png", 4, 4, plain(0));
    write_png(folder / "val/cat/1.png", 4, 4, plain(0));
    CHECK(notes() ==
          std::vector<std::string>{
              "passed over 1 file beside the folders of classes, '" + path + "/train/1.png'",
              "passed over 1 file beside train and test, '" + path + "/README'",
              "passed over 1 folder beside train and test, '" + path + "/val'",
              "passed over 1 folder within a class's folder, '" + path +
                  "/train/cat/more'; images are read in the class's folder itself, move them "
                  "there"});
  }
  SECTION("hidden names") {
    folder.write("train/cat/._1.png", "of another system");
    folder.write("train/.DS_Store", "of another system");
    CHECK(notes() == std::vector<std::string>{"passed over 2 hidden names, such as '" + path +
                                              "/train/.DS_Store'"});
  }
  SECTION("classes without test images") {
    write_png(folder / "train/dog/1.png", 4, 4, plain(0));
    write_png(folder / "train/eel/1.png", 4, 4, plain(0));
    CHECK(notes() == std::vector<std::string>{"no test images of 2 of 4 classes: dog, eel"});
  }
}

TEST_CASE("pictures of the right size keep their pixels", "[runtime][data]") {
  const test::TemporaryFolder folder;
  const Paint paint = [](int x, int y) {
    return 0xff000000 | static_cast<std::uint32_t>(x * 100 << 16 | y * 50 << 8 | (7 + x));
  };
  write_alone(folder, 3, 2, paint);
  CHECK(read_alone(folder, {3, 2, 3}) ==
        std::vector<int>{0, 100, 200, 0, 100, 200, 0, 0, 0, 50, 50, 50, 7, 8, 9, 7, 8, 9});
  // (299 R + 587 G + 114 B) / 1000
  CHECK(read_alone(folder, {1, 2, 3}) == std::vector<int>{1, 31, 61, 30, 60, 90});
}

TEST_CASE("grey pictures keep their levels as luma", "[runtime][data]") {
  const test::TemporaryFolder folder;
  const Paint paint = [](int x, int) {
    return 0xff000000 | static_cast<std::uint32_t>(x * 0x010101);
  };
  write_alone(folder, 256, 1, paint);
  const auto levels = read_alone(folder, {1, 1, 256});
  for (int x = 0; x < 256; ++x) CHECK(levels[static_cast<std::size_t>(x)] == x);
}

TEST_CASE("what is transparent shows black", "[runtime][data]") {
  const test::TemporaryFolder folder;
  const Paint paint = [](int x, int) {
    return std::vector<std::uint32_t>{0xffc08040, 0x80604020, 0}[static_cast<std::size_t>(x)];
  };
  write_alone(folder, 3, 1, paint, CAIRO_FORMAT_ARGB32);
  CHECK(read_alone(folder, {3, 1, 3}) ==
        std::vector<int>{0xc0, 0x60, 0, 0x80, 0x40, 0, 0x40, 0x20, 0});
}

TEST_CASE("pictures of another size are cropped to the centre and scaled", "[runtime][data]") {
  const test::TemporaryFolder folder;
  SECTION("a plain one stays plain up to its edges") {
    const int width = GENERATE(1, 5, 31, 200);
    write_alone(folder, width, 17, plain(0x1e50c8));
    const auto bytes = read_alone(folder, {3, 8, 8});
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CHECK(bytes[i] == (i < 64 ? 0x1e : i < 128 ? 0x50 : 0xc8));
    }
  }
  SECTION("a wide one loses its sides") {
    // Red, then 40 columns of green, then blue: only green is in the middle.
    write_alone(folder, 120, 40, [](int x, int) {
      return x < 36 ? 0xffff0000 : x < 84 ? 0xff00ff00 : 0xff0000ff;
    });
    const auto bytes = read_alone(folder, {3, 10, 10});
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CHECK(bytes[i] == (i < 100 || i >= 200 ? 0 : 255));
    }
  }
  SECTION("a tall one loses top and bottom, for a shape that is not square") {
    write_alone(folder, 40, 100, [](int, int y) {
      return y < 36 ? 0xffff0000 : y < 64 ? 0xff00ff00 : 0xff0000ff;
    });
    const auto bytes = read_alone(folder, {3, 4, 8});  // 40x20 of the middle
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CHECK(bytes[i] == (i < 32 || i >= 64 ? 0 : 255));
    }
  }
  SECTION("many pixels become their average") {
    // A checkerboard of single pixels: a filter that skips pixels would show black or white.
    write_alone(folder, 64, 64,
                [](int x, int y) { return (x + y) % 2 == 0 ? 0xff000000 : 0xffffffff; });
    for (const int level : read_alone(folder, {1, 8, 8})) CHECK(std::abs(level - 127) < 12);
  }
  SECTION("left stays left and top stays top") {
    write_alone(folder, 64, 64,
                [](int x, int y) { return x < 32 && y < 32 ? 0xffffffff : 0xff000000; });
    const auto bytes = read_alone(folder, {1, 2, 2});
    CHECK(bytes[0] > 200);
    for (const std::size_t i : {1U, 2U, 3U}) CHECK(bytes[i] < 40);
  }
}

TEST_CASE("image folders that cannot be used say why", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_two_classes(folder);
  const auto read = [&] { return read_image_folder(folder.path(), {3, 4, 4}); };
  const std::string path = folder.path().string();
  SECTION("no test folder") {
    std::filesystem::remove_all(folder / "test");
    CHECK_THROWS_WITH(read(), Contains("no folder '" + path + "/test'"));
  }
  SECTION("no classes") {
    std::filesystem::remove_all(folder / "train/cat");
    std::filesystem::remove_all(folder / "train/ant");
    CHECK_THROWS_WITH(read(), Contains(path + "/train' has 0 folders"));
  }
  SECTION("a test class that is not trained") {
    write_png(folder / "test/cow/1.png", 4, 4, plain(0));
    CHECK_THROWS_WITH(read(), Contains(path + "/test/cow' is no class of"));
  }
  SECTION("a class without images") {
    const char* half = GENERATE("train", "test");
    std::filesystem::remove(folder / half / "ant/1.png");
    CHECK_THROWS_WITH(read(), Contains(path + '/' + half + "/ant' holds no PNG file"));
    folder.write(std::string(half) + "/ant/1.jpg", "\xff\xd8\xff\xe0");
    CHECK_THROWS_WITH(read(), Contains("holds no PNG file") && Contains("\npassed over 1 JPEG"));
  }
  SECTION("another format that is called .png, and which it is") {
    folder.write("train/cat/1.png", "\xff\xd8\xff\xe0 a JPEG");
    CHECK_THROWS_WITH(read(), Contains(path + "/train/cat/1.png: cannot be read as a PNG image: it "
                                              "is a JPEG image, whatever its name says"));
    folder.write("train/cat/1.png", "version https://git-lfs");
    CHECK_THROWS_WITH(read(), Contains("does not begin like one"));
    folder.write("train/cat/1.png", "");
    CHECK_THROWS_WITH(read(), Contains("it is empty"));
  }
  SECTION("more images than there is memory") {
    const int huge = 1 << 30;
    CHECK_THROWS_WITH(read_image_folder(folder.path(), {3, huge, huge}),
                      Contains("4 images of 3x1073741824x1073741824, which take") &&
                          Contains("height and width"));
  }
  SECTION("damaged files, of which the first is named") {
    const std::string png = read_file(folder / "train/cat/1.png");
    folder.write("train/cat/1.png", png.substr(0, png.size() / 2));
    CHECK_THROWS_WITH(read(), Contains(path + "/train/cat/1.png: cannot be read as a PNG"));
    folder.write("train/ant/1.png", "no PNG");
    CHECK_THROWS_WITH(read(), Contains(path + "/train/ant/1.png: cannot be read as a PNG"));
  }
  SECTION("a damaged file, which is not called a lack of memory") {
    std::string png = read_file(folder / "train/cat/1.png");
    png[png.find("IDAT") + 6] ^= 0x55;
    folder.write("train/cat/1.png", png);
    CHECK_THROWS_WITH(read(), Contains(path + "/train/cat/1.png: cannot be read as a PNG") &&
                                  !Contains("out of memory"));
  }
  SECTION("a class whose name is not UTF-8") {
    const char* half = GENERATE("train", "test");
    std::filesystem::create_directories(folder / half / "caf\xe9");
    CHECK_THROWS_WITH(read(),
                      Contains(path + '/' + half + "/caf\xe9' has a name that is not UTF-8"));
  }
  SECTION("too many classes") {
    for (int i = 0; i < 255; ++i) {
      std::filesystem::create_directories(folder / ("train/" + std::to_string(i)));
    }
    CHECK_THROWS_WITH(read(), Contains("has 257 folders") && Contains("256"));
  }
  SECTION("two channels") {
    CHECK_THROWS_WITH(read_image_folder(folder.path(), {2, 4, 4}), Contains("1 or 3 channels"));
  }
}

TEST_CASE("a program's image folder lies below the data root", "[runtime][data]") {
  const test::TemporaryFolder folder;
  write_two_classes(folder);
  ProgramInfo info = test::info_of("image_folder");
  info.classes = 2;
  const std::string name = folder.path().filename().string();
  const std::string whole = folder.path().string();
  SECTION("or is absolute") {
    info.folder = GENERATE(true, false) ? name.c_str() : whole.c_str();
    const Split split = load_data(info, folder.path().parent_path());
    CHECK(split.name == "image_folder");
    CHECK(split.source == whole);
    CHECK(split.train.height == 32);
    CHECK(split.sha256.size() == 64);
  }
  SECTION("with as many classes as outputs") {
    info.folder = whole.c_str();
    info.classes = 3;
    CHECK_THROWS_WITH(load_data(info, {}),
                      Contains("has 2 classes (ant, cat)") && Contains("'net' has 3 outputs"));
  }
  SECTION("or is missing") {
    info.folder = "flowers";
    CHECK_THROWS_WITH(
        load_data(info, folder.path()),
        Contains("no folder '" + whole + "/flowers'") &&
            Contains("'path' 'flowers' names below the data root '" + whole + "' (--data);") &&
            Contains("another data root with --data"));
    CHECK_THROWS_WITH(load_data(info, folder / "gone"),
                      Contains("(--data), which is not there either"));
    info.folder = "/nowhere/flowers";
    CHECK_THROWS_WITH(load_data(info, folder.path()),
                      Contains("no folder '/nowhere/flowers'") && !Contains("data root '"));
    info.folder = name.c_str();
    std::filesystem::remove_all(folder / "test");
    CHECK_THROWS_WITH(load_data(info, folder.path().parent_path()),
                      Contains("no folder '" + whole + "/test'"));
  }
}
