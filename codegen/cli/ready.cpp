#include "cli/ready.hpp"

#include "castnet_shared/data_places.hpp"
#include "castnet_shared/memory.hpp"
#include "passes/costs.hpp"

namespace castnet::codegen {

std::optional<std::string> why_not_ready(const Loaded& loaded, const Target& target,
                                         const std::optional<std::string>& data_root) {
  const DataSetFacts& data = loaded.spec.data;
  DataPlace place = find_data(data.name, data.folder, data_root);
  if (!place.problem.empty()) return std::move(place.problem);
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  const Shape& image = data.image;
  MemoryNeed need{.name = loaded.spec.name,
                  .batch = loaded.spec.train.batch,
                  .data = data_bytes(number(data.training_images), number(data.test_images),
                                     number(image.channels * image.height * image.width))};
  // Another target's network is not in the host's memory.
  if (target.order == Order::blocks) {
    need.network = number(costs(loaded.spec, loaded.plans).train_memory.value);
  }
  return why_too_large(need, 0, available_memory());
}

}  // namespace castnet::codegen
