#include "cuda/augmenter.hpp"
#include "data/image_augmenter.hpp"

namespace castnet::cuda {
namespace {

/// Elements that jitter and mixup work in.
std::size_t picture_elements(const ProgramInfo& info) {
  const AugmentRecipe& recipe = info.recipe.augment;
  if (recipe.colour_jitter.probability <= 0 && recipe.mixup <= 0) return 0;
  const ImageShape shape{info.channels, info.height, info.width};
  return static_cast<std::size_t>(info.batch) * shape.elements();
}

}  // namespace

DeviceAugmenter::DeviceAugmenter(const ProgramInfo& info, const Normalisation& normalisation)
    : channels_(static_cast<std::size_t>(info.channels)),
      pictures_(picture_elements(info)),
      share_(info.recipe.augment.mixup > 0 ? 1 : 0),
      all_{.recipe = info.recipe.augment,
           .shape = {info.channels, info.height, info.width},
           .batch = info.batch,
           .classes = info.classes,
           .smoothing = info.recipe.label_smoothing,
           .channels = channels_.data(),
           .pictures = pictures_.data(),
           .share = share_.data()} {
  check_recipe(all_.recipe, all_.shape);
  const std::vector<Channel> channels = make_channels(normalisation);
  CASTNET_CHECK(cudaMemcpy(channels_.data(), channels.data(), channels.size() * sizeof(Channel),
                           cudaMemcpyHostToDevice),
                "how pixels are normalised");
}

void DeviceAugmenter::fill(cudaStream_t stream, const DeviceDataSet& set,
                           const std::uint32_t* order, const DeviceStep* step, Value* images,
                           Real* targets, std::uint32_t* samples) const {
  augment<Value>(stream, all_, set, order, step, {images, targets, samples});
}

void DeviceAugmenter::fill_plain(cudaStream_t stream, const DeviceDataSet& set,
                                 const std::uint32_t* batch_index, Value* images, Real* targets,
                                 std::uint32_t* samples) const {
  cuda::fill_plain<Value>(stream, all_, set, batch_index, {images, targets, samples});
}

}  // namespace castnet::cuda
