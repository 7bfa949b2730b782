// Data sets: one of their files is any bytes, the others are as they should be.
#include <algorithm>
#include <string>

#include "../runtime/idx_files.hpp"
#include "../runtime/temporary_folder.hpp"
#include "data/data_set.hpp"
#include "readers.hpp"

namespace castnet::fuzz {
namespace {

using test::TemporaryFolder;

/// The first byte, and the others.
struct Choice {
  explicit Choice(std::string_view bytes)
      : number(bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front())),
        content(bytes.substr(std::min<std::size_t>(1, bytes.size()))) {}
  unsigned number;
  std::string_view content;
};

void check(const DataSet& set, std::size_t classes) {
  require(set.images.size() == set.size() * set.image_bytes());
  require(std::ranges::all_of(set.labels, [&](std::uint8_t label) { return label < classes; }));
}

void check(const Split& split) {
  check(split.train, split.classes.size());
  check(split.test, split.classes.size());
}

}  // namespace

void read_idx(std::string_view bytes) {
  static const TemporaryFolder folder;
  const Choice choice(bytes);
  const std::string end = (choice.number & 2) != 0 ? ".gz" : "";
  const bool labels = (choice.number & 1) != 0;
  const std::string images_name = "train-images-idx3-ubyte";
  const std::string labels_name = "train-labels-idx1-ubyte";
  for (const std::string& name : {images_name, labels_name}) {
    std::filesystem::remove(folder / name);
    std::filesystem::remove(folder / (name + ".gz"));
  }
  const std::string pixels(2 * 28 * 28, 'x');
  if (labels) {
    folder.write(images_name, test::idx_images(2, pixels));
    folder.write(labels_name + end, choice.content);
  } else {
    folder.write(images_name + end, choice.content);
    folder.write(labels_name, test::idx_labels(std::string(2, '\1')));
  }
  folder.write("t10k-images-idx3-ubyte", test::idx_images(2, pixels));
  folder.write("t10k-labels-idx1-ubyte", test::idx_labels(std::string(2, '\1')));
  check(read_mnist(folder.path()));
}

void read_cifar(std::string_view bytes) {
  static const TemporaryFolder folder;
  const Choice choice(bytes);
  const std::string record(1 + 3 * 32 * 32, '\1');
  for (const char* const name : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                 "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"}) {
    folder.write(name, record);
  }
  folder.write("train.bin", '\1' + record);
  folder.write("test.bin", '\1' + record);
  std::filesystem::remove(folder / "fine_label_names.txt");
  switch (choice.number % 3) {
    case 0:
      folder.write("data_batch_2.bin", choice.content);
      return check(read_cifar10(folder.path(), 1));
    case 1:
      folder.write("train.bin", choice.content);
      return check(read_cifar100(folder.path(), 1, 1));
    default:
      folder.write("fine_label_names.txt", choice.content);
      return check(read_cifar100(folder.path(), 1, 1));
  }
}

void read_image(std::string_view bytes) {
  static const TemporaryFolder folder;
  const Choice choice(bytes);
  for (const char* const name : {"train/a/1.png", "train/b/1.png", "test/a/1.png"}) {
    folder.write(name, choice.content);
  }
  check(read_image_folder(folder.path(), {(choice.number & 1) != 0 ? 3 : 1, 8, 8}));
}

}  // namespace castnet::fuzz
