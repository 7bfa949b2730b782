// What tests of a trainer's command line share.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "castnet_shared/file.hpp"
#include "data/data_set.hpp"
#include "idx_files.hpp"
#include "report/metrics.hpp"
#include "softmax_program.hpp"
#include "temporary_folder.hpp"
#include "train/trainer_main.hpp"

namespace castnet::test {

using Make = std::unique_ptr<Program> (*)();

/// Two epochs on files as MNIST's.
inline SoftmaxSetup quick() {
  SoftmaxSetup setup{.data_set = "mnist", .batch = 64};
  setup.recipe.epochs = 2;
  return setup;
}

inline std::unique_ptr<Program> make_plain() { return std::make_unique<SoftmaxProgram>(quick()); }

/// Drawn shapes in MNIST's files, below FOLDER/mnist.
inline void write_mnist(const TemporaryFolder& folder, std::size_t training_images,
                        std::size_t test_images) {
  const Split split = draw_shapes(true, training_images, test_images);
  const auto text_of = [](const std::vector<std::uint8_t>& bytes) {
    return std::string(bytes.begin(), bytes.end());
  };
  const auto write = [&](const std::string& prefix, const DataSet& set) {
    folder.write("mnist/" + prefix + "-images-idx3-ubyte",
                 idx_images(set.size(), text_of(set.images)));
    folder.write("mnist/" + prefix + "-labels-idx1-ubyte", idx_labels(text_of(set.labels)));
  };
  write("train", split.train);
  write("t10k", split.test);
}

/// trainer_main, for a program of these facts.
inline int call(const ProgramInfo& info, Make make, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "trainer");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  return trainer_main(static_cast<int>(pointers.size()), pointers.data(), info, make);
}

inline int call(Make make, std::vector<std::string> arguments) {
  const auto like = make();  // its facts alone: the trainer makes its own
  return call(like->info(), make, std::move(arguments));
}

/// Trains into FOLDER/run on the data below FOLDER.
inline int train_in(const TemporaryFolder& folder, Make make, const std::string& run,
                    std::vector<std::string> more = {}) {
  more.insert(more.end(),
              {"--quiet", "--out", (folder / run).string(), "--data", folder.path().string()});
  return call(make, more);
}

/// Everything that a run's weights decide.
inline std::vector<std::string> hashes(const std::filesystem::path& run) {
  std::vector<std::string> result = {read_file(run / "confusion.csv"),
                                     read_file(run / "misclassified.csv")};
  for (const EpochRow& row : parse_metrics_csv(read_file(run / "metrics.csv"))) {
    result.push_back(row.weights_sha256 + ' ' + std::to_string(row.train_loss));
  }
  return result;
}

}  // namespace castnet::test
