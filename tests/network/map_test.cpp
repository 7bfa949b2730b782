// What Grad-CAM takes from generated programs, against central differences in float64.
#include <cmath>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "support.hpp"

namespace castnet::generated {
std::unique_ptr<Program> make_map();
std::unique_ptr<Program> make_map_readers();
}  // namespace castnet::generated

namespace castnet {
namespace {

using test::kStep;

/// The feature map's gradient of the output of class `k` of each image, and its elements an image.
std::vector<std::vector<double>> gradients(Program& program, std::size_t k) {
  const FeatureMap& map = program.info().map;
  const auto classes = static_cast<std::size_t>(program.info().classes);
  std::vector<std::vector<double>> result;
  program.forward(Mode::evaluate, kStep);
  for (std::size_t i = 0; i < program.targets().size(); ++i) {
    program.targets()[i] = program.probabilities()[i] - (i % classes == k ? 1.0 : 0.0);
  }
  program.set_map_hook([&](MapPart part, int slot, ImageSlot image) {
    CHECK(part == MapPart::gradient);
    CHECK(slot == static_cast<int>(result.size()));
    result.emplace_back();
    for (int i = 0; i < map.channels * map.height * map.width; ++i) {
      result.back().push_back(image.first[i * image.stride] * program.info().batch);
    }
  });
  program.backward(kStep);
  program.set_map_hook({});
  return result;
}

/// The output of class k less that of class 0, of image `slot`, with the map's element changed.
double difference(Program& program, std::size_t k, int slot, int element, double change) {
  program.set_map_hook([=](MapPart, int offered, ImageSlot image) {
    if (offered == slot) image.first[element * image.stride] += change;
  });
  program.forward(Mode::evaluate, kStep);
  program.set_map_hook({});
  const auto row = static_cast<std::size_t>(slot * program.info().classes);
  return std::log(program.probabilities()[row + k]) - std::log(program.probabilities()[row]);
}

TEST_CASE("the gradient at the feature map agrees with central differences of the outputs") {
  const auto [name, make] = GENERATE(table<std::string, test::Make>(
      {{"one reader", generated::make_map}, {"two readers", generated::make_map_readers}}));
  INFO(name);
  const auto program = make();
  test::fill(*program);
  program->forward(Mode::train, kStep);  // other statistics than the initial ones
  const FeatureMap& map = program->info().map;
  REQUIRE(std::string(map.layer) == (name == "one reader" ? "P2" : "C3"));
  REQUIRE(std::string(map.obstacle).empty());
  const std::size_t k = 3;
  const auto of_class = gradients(*program, k);
  const auto of_first = gradients(*program, 0);
  REQUIRE(of_class.size() == static_cast<std::size_t>(program->info().batch));
  double largest = 0;
  for (const int slot : {0, 5, 15}) {
    const auto place = static_cast<std::size_t>(slot);
    for (int element = 0; element < map.channels * map.height * map.width; element += 7) {
      constexpr double kStepSize = 1e-6;
      const double expected = (difference(*program, k, slot, element, kStepSize) -
                               difference(*program, k, slot, element, -kStepSize)) /
                              (2 * kStepSize);
      const auto at = static_cast<std::size_t>(element);
      const double got = of_class.at(place).at(at) - of_first.at(place).at(at);
      INFO("image " << slot << ", element " << element);
      // Rounding of the outputs, about 1e-16, over the step.
      CHECK(got == Approx(expected).epsilon(1e-6).margin(1e-8));
      largest = std::max(largest, std::abs(got));
    }
  }
  CHECK(largest > 1e-3);
}

TEST_CASE("behind the feature map's gradient backward stops, without a hook it does not") {
  const auto program = generated::make_map();
  test::fill(*program);
  program->forward(Mode::train, kStep);
  program->backward(kStep);
  const std::vector<Real> whole(program->gradients().begin(), program->gradients().end());
  CHECK(whole.front() != 0);
  for (Real& gradient : program->gradients()) gradient = 0;
  gradients(*program, 0);
  CHECK(program->gradients().front() == 0);
  test::fill(*program);
  program->forward(Mode::train, kStep);
  program->backward(kStep);
  CHECK(std::equal(whole.begin(), whole.end(), program->gradients().begin()));
}

}  // namespace
}  // namespace castnet
