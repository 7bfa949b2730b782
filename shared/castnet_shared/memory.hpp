// Whether there is enough memory for a training: trainers ask before they take it, and castnet
// before it compiles one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace castnet {

/// Bytes that this process can still take, and what limits them.
struct AvailableMemory {
  std::uint64_t bytes = 0;
  std::string limit;
};

/// The least of what the system has left (with swap), the control groups' limits and the process's
/// (ulimit -v); nothing where none of them can be told. `root`: "/", or where tests imitate it.
std::optional<AvailableMemory> available_memory(const std::filesystem::path& root = "/");

/// The memory of a trainer's data: images with this number of bytes and their labels, an order of
/// the training images, and for each test image the predicted class, its probability and the loss.
std::uint64_t data_bytes(std::uint64_t training_images, std::uint64_t test_images,
                         std::uint64_t image);

/// The memory of a program, in bytes.
struct MemoryNeed {
  std::string name;  ///< of the network
  int batch = 0;
  std::uint64_t network = 0;                       ///< all its arenas, as castnet check says
  std::string_view why = "as castnet check says";  ///< of `network`
  std::uint64_t data = 0;                          ///< as data_bytes() says; 0: not known
};

/// "the network 'net' needs 5.31 GB of memory with batch 4096: …"
std::string to_text(const MemoryNeed& need);

/// Advice if it is too much.
inline constexpr char kLowerBatch[] =
    "lower train.batch (--set train.batch=N; castnet check says what a batch takes)";

/// Why there is too little for it, where `taken` bytes of it are taken already; nothing if there is
/// enough, or nothing known about it.
std::optional<std::string> why_too_large(const MemoryNeed& need, std::uint64_t taken,
                                         const std::optional<AvailableMemory>& available);

/// Why so many bytes of data have no room, as "take 5.31 GB, but 2.10 GB are available (what the
/// system has left)"; nothing if they have, or nothing is known about it.
std::optional<std::string> why_no_room(std::uint64_t bytes);

/// Bytes for people: "5.31 GB".
std::string bytes_text(std::uint64_t bytes);

}  // namespace castnet
