#include "programs/ready.hpp"

#include "analysis/costs.hpp"
#include "castnet_shared/data_places.hpp"
#include "castnet_shared/memory.hpp"

namespace castnet::codegen {

std::optional<std::string> why_not_ready(const Loaded& loaded, const Target& target,
                                         const std::optional<std::string>& data_root) {
  const DataSetFacts& data = loaded.spec.data;
  DataPlace place = find_data(data.name, data.folder.text, data_root);
  if (!place.problem.empty()) return std::move(place.problem);
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  const Shape image = data.image();
  MemoryNeed need{.name = loaded.spec.name,
                  .batch = loaded.spec.train.batch,
                  .data = data_bytes(number(data.training_images), number(data.test_images),
                                     number(image.channels * image.height * image.width))};
  // The network of another target is not in the host's memory.
  if (target.on_host) {
    need.network = number(costs(loaded.spec, loaded.plans).train_memory.value);
  }
  return why_too_large(need, 0, available_memory());
}

}  // namespace castnet::codegen
