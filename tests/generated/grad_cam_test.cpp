// Grad-CAM of generated programs: where GAP and a 1x1 convolution come last, the weight of channel
// k is that convolution's w_ck / (H W).
#include "train/grad_cam.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "core/threads.hpp"
#include "run/weights.hpp"
#include "support.hpp"

namespace castnet {
namespace {

const Split& shapes() {
  static const Split split = draw_shapes(false, 64, 100);
  return split;
}

Augmenter augmenter(const Program& program) {
  return {program.info(), normalisation_of(program.info(), shapes().train)};
}

/// The feature maps of these images, [image][channel][pixel].
std::vector<std::vector<double>> feature_maps(Program& program,
                                              const std::vector<std::size_t>& images) {
  const FeatureMap& map = program.info().map;
  const EvaluatedWeights evaluated(program);
  std::vector<std::vector<double>> result;
  for (const std::size_t image : images) {
    augmenter(program).fill_plain(program, shapes().test, image);
    program.set_map_hook([&](MapPart, int slot, ImageSlot at) {
      if (slot > 0) return;
      result.emplace_back();
      for (int i = 0; i < map.channels * map.height * map.width; ++i) {
        result.back().push_back(static_cast<double>(at.first[i * at.stride]));
      }
    });
    program.forward(Mode::evaluate, Step{});
    program.set_map_hook({});
  }
  return result;
}

/// Of the last layer, c5 [10, 8, 1, 1], evaluated.
double classifier_weight(Program& program, std::int32_t of_class, std::size_t channel) {
  const auto tensors = program.info().parameters;
  const auto weight = std::ranges::find(tensors, std::string("c5.conv.weight"), &TensorInfo::name);
  REQUIRE(weight != tensors.end());
  const std::size_t place = static_cast<std::size_t>(of_class) * 8 + channel;
  return static_cast<double>(evaluated_weights(program).parameters[weight->offset + place]);
}

/// By the formula for this head: ReLU(sum of w_ck A_k / (H W)), over its maximum.
std::vector<double> expected_map(Program& program, const std::vector<double>& values,
                                 std::int32_t of_class) {
  const std::size_t pixels = values.size() / 8;
  std::vector<double> map(pixels, 0);
  for (std::size_t k = 0; k < 8; ++k) {
    const double weight = classifier_weight(program, of_class, k) / static_cast<double>(pixels);
    for (std::size_t i = 0; i < pixels; ++i) map[i] += weight * values[k * pixels + i];
  }
  for (double& value : map) value = std::max(value, 0.0);
  const double most = std::ranges::max(map);
  for (double& value : map) value = most > 0 ? value / most : 0;
  return map;
}

/// More images than a batch has.
std::vector<std::size_t> all_images() {
  std::vector<std::size_t> images(shapes().test.size());
  std::iota(images.rbegin(), images.rend(), std::size_t{0});
  return images;
}

std::vector<std::int32_t> any_classes(std::size_t count) {
  std::vector<std::int32_t> classes(count);
  for (std::size_t i = 0; i < count; ++i) classes[i] = static_cast<std::int32_t>(i * 7 % 10);
  return classes;
}

TEST_CASE("heat maps are those that the classifier's weights give") {
  const auto [name, make] = GENERATE(from_range(test::kPrograms));
  INFO(name);
  const auto program = test::prepared(make);
  REQUIRE_FALSE(why_no_grad_cam(program->info()));
  test::steps(*program, 5);
  const auto images = all_images();
  const auto classes = any_classes(images.size());
  const auto maps = grad_cam(*program, augmenter(*program), shapes().test, images, classes);
  REQUIRE(maps.size() == images.size());
  const auto values = feature_maps(*program, images);
  int something = 0;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const auto expected = expected_map(*program, values[i], classes[i]);
    REQUIRE(maps[i].height == 8);
    REQUIRE(maps[i].width == 8);
    REQUIRE(maps[i].values.size() == expected.size());
    const double most = std::ranges::max(maps[i].values);
    something += most > 0;
    CHECK((most == 0 || most == 1));
    for (std::size_t p = 0; p < expected.size(); ++p) {
      INFO("image " << images[i] << ", pixel " << p);
      // float32 rounding of a gradient that is the same at each pixel.
      CHECK(maps[i].values[p] == Approx(expected[p]).margin(2e-5));
    }
  }
  CHECK(something > 10);
}

TEST_CASE("heat maps change neither training nor with the number of threads") {
  const auto [name, make] = GENERATE(from_range(test::kPrograms));
  INFO(name);
  const auto program = test::prepared(make);
  const auto plain = test::prepared(make);
  test::steps(*program, 3);
  test::steps(*plain, 3);
  const auto images = all_images();
  const auto classes = any_classes(images.size());
  const auto draw = [&](int threads) {
    const int before = thread_count();
    set_thread_count(threads);
    auto maps = grad_cam(*program, augmenter(*program), shapes().test, images, classes);
    set_thread_count(before);
    return maps;
  };
  const auto one = draw(1), three = draw(3);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(one[i].values == three[i].values);
  test::fill(*program);
  test::steps(*program, 2, 3);
  test::steps(*plain, 2, 3);
  CHECK(std::ranges::equal(program->parameters(), plain->parameters()));
  CHECK(std::ranges::equal(program->statistics(), plain->statistics()));
  CHECK(std::ranges::equal(program->averages(), plain->averages()));
}

}  // namespace
}  // namespace castnet
