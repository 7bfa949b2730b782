// Words of messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace castnet {

/// "1 epoch", "2 epochs".
inline std::string counted(std::uint64_t number, std::string_view what) {
  return std::to_string(number) + ' ' + std::string(what) + (number == 1 ? "" : "s");
}

/// The name of the images that a network is evaluated on: the data set's test images, or held-out
/// training images.
inline std::string_view evaluated_word(bool held_out) { return held_out ? "held-out" : "test"; }

}  // namespace castnet
