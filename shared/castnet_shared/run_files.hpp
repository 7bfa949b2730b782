// The files of run directories that castnet and its trainers read again. A stranger may have made
// them: none is read that is a symbolic link, no regular file, or larger than castnet writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "castnet_shared/folder.hpp"

namespace castnet {

/// A file, and the most bytes that it may have.
struct RunFile {
  const char* name;
  std::uint64_t most;
};

inline constexpr std::uint64_t kMebibyte = 1 << 20;

/// A spec has 256 KiB at most, and so have the values that are set over it.
inline constexpr RunFile kRunJson{"run.json", 4 * kMebibyte};
/// 100,000 epochs, each a row of less than 320 bytes.
inline constexpr RunFile kMetrics{"metrics.csv", 32 * kMebibyte};
/// 256 classes: 65,536 counts, and names that are those of folders.
inline constexpr RunFile kConfusion{"confusion.csv", 2 * kMebibyte};
/// Ten images, and the probabilities of 256 classes.
inline constexpr RunFile kMisclassified{"misclassified.csv", kMebibyte};
/// A row for each of millions of test images.
inline constexpr RunFile kPredictions{"predictions.csv", 256 * kMebibyte};
/// Twenty pictures of 1024 by 1024 pixels, the largest that a network takes.
inline constexpr RunFile kHeatMaps{"grad_cam.png", 64 * kMebibyte};

/// The folder of the misclassified images, and the most bytes of one: 1024 by 1024 pixels.
inline constexpr const char* kImages = "misclassified";
inline constexpr std::uint64_t kMostImage = 4 * kMebibyte;

/// All bytes of the file. Throws FileError.
inline std::string read(const Folder& folder, const RunFile& file) {
  return folder.read(file.name, file.most);
}
/// Returns nothing if there is none, or if it cannot be read.
std::optional<std::string> read_if_there(const Folder& folder, const RunFile& file);

}  // namespace castnet
