// The gradients of whole generated networks against central differences, in float64.
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "support.hpp"

namespace castnet::generated {
std::unique_ptr<Program> make_small();
std::unique_ptr<Program> make_small_batch();
std::unique_ptr<Program> make_small_group();
std::unique_ptr<Program> make_small_layer();
std::unique_ptr<Program> make_small_element();
std::unique_ptr<Program> make_small_instance();
std::unique_ptr<Program> make_small_post();
std::unique_ptr<Program> make_small_residual();
std::unique_ptr<Program> make_small_on_read();
std::unique_ptr<Program> make_small_pooled();
std::unique_ptr<Program> make_small_channel();
std::unique_ptr<Program> make_small_squeeze();
std::unique_ptr<Program> make_small_prelu();
}  // namespace castnet::generated

namespace castnet {
namespace {

using test::fill;
using test::kStep;
using test::Make;

double loss(Program& program) {
  program.forward(Mode::train, kStep);
  double sum = 0;
  for (const Real value : program.losses()) sum += value;
  return sum / static_cast<double>(program.losses().size());
}

void check_gradients(Program& program) {
  fill(program);
  loss(program);
  program.backward(kStep);
  const std::vector<Real> gradients(program.gradients().begin(), program.gradients().end());
  for (const TensorInfo& tensor : program.info().parameters) {
    const std::size_t stride = std::max<std::size_t>(1, tensor.elements / 7);
    double largest = 0;
    for (std::size_t i = 0; i < tensor.elements; i += stride) {
      Real& weight = program.parameters()[tensor.offset + i];
      const Real kept = weight;
      constexpr double kStepSize = 1e-6;
      weight = kept + kStepSize;
      const double up = loss(program);
      weight = kept - kStepSize;
      const double down = loss(program);
      weight = kept;
      const double expected = (up - down) / (2 * kStepSize);
      const double got = gradients[tensor.offset + i];
      INFO(tensor.name << "[" << i << "]");
      // Central differences of a loss near 2 carry about 2e-16 / 1e-6 of rounding, and a kink of
      // ReLU or max pooling that lies within the step some more.
      CHECK(got == Approx(expected).epsilon(2e-5).margin(2e-8));
      largest = std::max(largest, std::abs(got));
    }
    INFO(tensor.name);
    CHECK(largest > 1e-9);  // a tensor that nothing reads has no gradient at all
  }
}

const std::vector<std::pair<std::string, Make>> kNetworks{
    {"no norm", generated::make_small},
    {"batch norm", generated::make_small_batch},
    {"group norm", generated::make_small_group},
    {"layer norm, affine per channel", generated::make_small_layer},
    {"layer norm, affine per element", generated::make_small_element},
    {"instance norm", generated::make_small_instance},
    {"norm after the activation", generated::make_small_post},
    {"skips with projections", generated::make_small_residual},
    {"norm computed where it is read", generated::make_small_on_read},
    {"batch norm before a 1x1 convolution with pooling", generated::make_small_pooled},
    {"channel norm", generated::make_small_channel},
    {"squeeze and excitation", generated::make_small_squeeze},
    {"PReLU", generated::make_small_prelu}};

TEST_CASE("gradients of whole networks agree with central differences") {
  const auto [name, make] = GENERATE(from_range(kNetworks));
  INFO(name);
  check_gradients(*make());
}

// Its plan is another: batch norms are parts of convolutions, dropout is left out.
TEST_CASE("evaluation computes what forward computes in its mode") {
  for (const auto& [name, make] : kNetworks) {
    INFO(name);
    const auto program = make();
    fill(*program);
    loss(*program);  // moves running statistics
    program->forward(Mode::evaluate, kStep);
    const auto probabilities = program->probabilities();
    const std::vector<Real> expected(probabilities.begin(), probabilities.end());
    program->evaluate();
    int wrong = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (!(std::abs(program->probabilities()[i] - expected[i]) < 1e-12)) ++wrong;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("evaluation ignores dropout and does not touch running statistics") {
  const auto program = generated::make_small_batch();
  fill(*program);
  loss(*program);
  const std::vector<Real> statistics(program->statistics().begin(), program->statistics().end());
  REQUIRE_FALSE(statistics.empty());
  program->forward(Mode::evaluate, kStep);
  const std::vector<Real> once(program->losses().begin(), program->losses().end());
  program->forward(Mode::evaluate, Step{.seed = 8, .epoch = 9});
  CHECK(std::equal(once.begin(), once.end(), program->losses().begin()));
  CHECK(std::equal(statistics.begin(), statistics.end(), program->statistics().begin()));
}

TEST_CASE("dropout depends on seed and epoch in training") {
  const auto program = generated::make_small();
  fill(*program);
  const double first = loss(*program);
  CHECK(loss(*program) == first);
  program->forward(Mode::train, Step{.seed = 7, .epoch = 4});
  double sum = 0;
  for (const Real value : program->losses()) sum += value;
  CHECK(sum / static_cast<double>(program->losses().size()) != first);
}

}  // namespace
}  // namespace castnet
