#include "readers.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace castnet::fuzz {

std::span<const Reader> readers() {
  static constexpr std::array<Reader, 12> kAll = {{{"spec", read_spec},
                                                   {"set", read_set},
                                                   {"idx", read_idx},
                                                   {"cifar", read_cifar},
                                                   {"image", read_image},
                                                   {"safetensors", read_safetensors},
                                                   {"metrics", read_metrics},
                                                   {"predictions", read_predictions},
                                                   {"confusion", read_confusion},
                                                   {"resumed_json", read_resumed_json},
                                                   {"run_json", read_run_json},
                                                   {"compare_json", read_compare_json}}};
  return kAll;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void try_reader(const Reader& reader, std::string_view bytes) {
  try {
    reader.read(bytes);
  } catch (const std::runtime_error& error) {
    require(*error.what() != '\0');
  }
}

}  // namespace castnet::fuzz
