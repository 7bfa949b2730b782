#include "spec/data_sets.hpp"

#include <vector>

namespace castnet::codegen {

std::span<const DataSetFacts> data_sets() {
  // Means and stds are those of the training images; those of the drawn shapes are nominal. Where
  // they are missing the trainer computes them.
  static const std::vector<DataSetFacts> kDataSets = {
      {"cifar10",
       {3},
       32,
       32,
       10,
       50'000,
       10'000,
       {0.49140, 0.48216, 0.44653},
       {0.24703, 0.24349, 0.26159}},
      {"cifar100", {3}, 32, 32, 100, 50'000, 10'000},
      {"mnist", {1}, 28, 28, 10, 60'000, 10'000, {0.13066}, {0.30811}},
      {"fashion_mnist", {1}, 28, 28, 10, 60'000, 10'000},
      {"kmnist", {1}, 28, 28, 10, 60'000, 10'000},
      {"shapes", {3}, 32, 32, 10, 10'000, 2'000, {0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}},
      {"shapes_gray", {1}, 28, 28, 10, 10'000, 2'000, {0.5}, {0.25}},
  };
  return kDataSets;
}

}  // namespace castnet::codegen
