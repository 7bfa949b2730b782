#include "data/augment_draw.hpp"

#include "data/draws.hpp"

namespace castnet {

AugmentDraw draw_augment(const AugmentRecipe& recipe, ImageShape shape, std::uint32_t sample,
                         std::uint32_t epoch, std::uint64_t seed) {
  return draws::augment(recipe, shape, {sample, epoch, seed});
}

double draw_mixup(double alpha, std::uint32_t first, std::uint32_t epoch, std::uint64_t seed) {
  return draws::mixup(alpha, {first, epoch, seed});
}

}  // namespace castnet
