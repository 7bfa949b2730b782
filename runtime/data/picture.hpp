// One PNG file as an image of a data set.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>

#include "data/data_set.hpp"

namespace castnet {

/// The most pixels of a picture: the largest common cameras take some 60 million. Decoded they are
/// 256 MiB.
inline constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 26;

/// Limits the memory in which all threads decode at the same time.
class DecodingRoom {
 public:
  explicit DecodingRoom(std::uint64_t bytes) : bytes_(bytes) {}

  /// A part of that memory, for the lifetime of this object. Waits until there is room. A part
  /// larger than the limit waits until no other part is taken.
  class Place {
   public:
    Place(DecodingRoom& room, std::uint64_t bytes);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

   private:
    DecodingRoom& room_;
    std::uint64_t bytes_;
  };

 private:
  std::uint64_t bytes_;
  std::uint64_t taken_ = 0;
  std::mutex mutex_;
  std::condition_variable given_back_;
};

/// A quarter of the available memory, but enough for any one picture of 8 bits per colour.
std::uint64_t decoding_bytes();

/// Reads a PNG file and writes its image to `bytes`, as read_image_folder() says. Throws DataError,
/// with the file and what to do: if it is damaged, or has more than kMostPixels.
void read_picture(const std::filesystem::path& path, ImageShape shape, DecodingRoom& room,
                  std::uint8_t* bytes);

}  // namespace castnet
