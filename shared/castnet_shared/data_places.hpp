// The places of data sets. Trainers read them there, and castnet looks for them before it compiles
// a trainer.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castnet {

/// The folder of a data set, or the reason why there is none.
struct DataPlace {
  std::filesystem::path folder;  ///< empty if nothing has to be read
  std::string
      problem;  ///< what is missing, where it was looked for, what to do; empty: all is there
};

/// Looks for a data set, a spec's `data`, and opens none of its files. `image_folder` is the path
/// of that data set, empty for others. The data root is `root` if given, else the environment's
/// CASTNET_DATA, else ./data.
DataPlace find_data(std::string_view data_set, std::string_view image_folder,
                    const std::optional<std::filesystem::path>& root);

/// The usual names of an IDX file with this number of dimensions. "train-images" and 3 give
/// train-images-idx3-ubyte, train-images.idx3-ubyte, and both with .gz.
std::vector<std::string> idx_names(std::string_view part, int dimensions);

/// The first of these names in the folder that is not a folder; empty if there is none.
std::filesystem::path find_file(const std::filesystem::path& folder,
                                const std::vector<std::string>& names);

}  // namespace castnet
