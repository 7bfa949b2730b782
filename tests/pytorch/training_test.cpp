// Twenty training steps of generated networks against PyTorch's, from the same weights, batches and
// dropout masks: learning rates, losses, first gradients, final weights, running statistics.
#include <algorithm>
#include <memory>
#include <numeric>

#include "../catch.hpp"
#include "core/program.hpp"
#include "core/targets.hpp"
#include "support.hpp"
#include "train/schedule.hpp"

namespace castnet::generated {
std::unique_ptr<Program> make_parity();
std::unique_ptr<Program> make_parity_group();
std::unique_ptr<Program> make_parity_layer();
std::unique_ptr<Program> make_parity_element();
std::unique_ptr<Program> make_parity_instance();
std::unique_ptr<Program> make_orders();
std::unique_ptr<Program> make_orders_norm_dropout_relu();
std::unique_ptr<Program> make_orders_norm_relu_conv();
std::unique_ptr<Program> make_orders_norm_relu_dropout();
std::unique_ptr<Program> make_resnet();
std::unique_ptr<Program> make_resnet_after_block();
std::unique_ptr<Program> make_resnet_regularised();
std::unique_ptr<Program> make_resnet_adamw();
std::unique_ptr<Program> make_blocks();
}  // namespace castnet::generated

namespace {

using namespace castnet;
using namespace castnet::test;

constexpr std::uint32_t kSteps = 20;

/// After the first step the networks can part at places where a derivative jumps: rounding decides
/// which of two almost equal maxima, or which side of a ReLU, gets a gradient. What follows is
/// another path, and no sum of rounding errors: without such a place the weights differ by 1e-6
/// after 20 steps. PyTorch's own float32, with its images in another order and its weights off by
/// an ulp, is up to 2.4e-4 from the float64 of the fixtures, and its losses up to 1.5e-5. These
/// tolerances are twice that. Momentum of 0.89 instead of 0.9 is 1e-2 and 1.5e-3 away.
constexpr double kWeightTolerance = 5e-4;
/// A mean over 32 images of differences of numbers near 1.
constexpr double kLossTolerance = 4e-5;
/// For resnet_after_block, in which a place of more weight is in reach of rounding: PyTorch's own
/// float32 is up to 3.2e-3 from the fixtures in its weights. GCC 12 at -O1 and Clang 14 at -O1 both
/// put them 2.1e-3 away, on the same path from step 7 on, and its losses 7e-5; GCC 12 at -O3, 1e-4.
/// First gradients are held as all others'.
constexpr double kOtherPlaces = 10;
/// One backward pass through five layers whose sums cancel: PyTorch's own float32 is up to 1.9e-5
/// off, castnet up to 2.6e-5 by compiler and its flags.
constexpr double kGradientTolerance = 6e-5;

const Fixtures& training() {
  static const Fixtures fixtures("training.safetensors");
  return fixtures;
}

/// oracle/networks.py's `set_parameters`; running statistics are 0 and 1.
void set_parameters(Program& program) {
  const auto table = program.info().parameters;
  std::vector<TensorInfo> tensors(table.begin(), table.end());
  std::ranges::sort(tensors, {}, [](const TensorInfo& tensor) { return std::string(tensor.name); });
  std::uint32_t index = 0;
  for (const TensorInfo& tensor : tensors) {
    const bool scale = std::string(tensor.name).ends_with("norm.weight");
    for (std::size_t i = 0; i < tensor.elements; ++i) {
      const double value = pattern_at(i, 100 + index);
      program.parameters()[tensor.offset + i] =
          static_cast<float>(scale ? 1 + 0.25 * value : 0.5 * value);
    }
    ++index;
  }
  for (const TensorInfo& tensor : program.info().statistics) {
    const auto values = program.statistics().subspan(tensor.offset, tensor.elements);
    std::fill(values.begin(), values.end(), static_cast<float>(tensor.centre));
  }
}

/// oracle/networks.py's `images_of`: pixel `i` of image `image`.
double pixel_at(std::size_t image, std::size_t i, std::int32_t label, std::uint32_t seed) {
  const std::size_t square = i / 28 / 4 * 7 + i % 28 / 4;
  return pattern_at(static_cast<std::size_t>(label) * 49 + square, 3000) +
         0.25 * pattern_at(image * 28 * 28 + i, seed);
}

void set_batch(Program& program, std::uint32_t step) {
  const ProgramInfo& info = program.info();
  REQUIRE((info.channels == 1 && info.height == 28 && info.width == 28));
  const auto labels = labels_of(static_cast<std::size_t>(info.batch), 2000 + step);
  const auto first = static_cast<std::uint32_t>(info.batch) * step;
  std::iota(program.samples().begin(), program.samples().end(), first);
  for (std::size_t image = 0; image < labels.size(); ++image) {
    set_target(program, image, labels[image], info.recipe.label_smoothing);
    const ImageSlot slot = program.image(static_cast<int>(image));
    for (std::size_t i = 0; i < 28 * 28; ++i) {
      slot.first[static_cast<std::ptrdiff_t>(i) * slot.stride] =
          static_cast<float>(pixel_at(image, i, labels[image], 1000 + step));
    }
  }
}

/// Compares an arena, tensor by tensor, with the fixtures that begin with `prefix`; of a tensor of
/// more than 1000 elements they have every seventh.
void check_tensors(const std::string& prefix, std::span<const TensorInfo> tensors,
                   std::span<const Real> values, double tolerance) {
  for (const TensorInfo& tensor : tensors) {
    const auto part = values.subspan(tensor.offset, tensor.elements);
    const std::string name = prefix + tensor.name;
    const std::size_t step = tensor.elements > 1000 ? 7 : 1;
    check_close(name, every(step, 1, {part.begin(), part.end()}), training()[name], tolerance);
  }
}

/// `looser`: factor for all that comes after the first step.
void check_training(const std::string& kind, std::unique_ptr<Program> program, double looser = 1) {
  INFO(kind);
  const double weight_tolerance = looser * kWeightTolerance;
  set_parameters(*program);
  std::vector<float> losses, rates;
  for (std::uint32_t number = 0; number < kSteps; ++number) {
    const Step step{
        .seed = 0x0123456789ABCDEF,
        .epoch = number / 10,
        .number = number + 1,
        .learning_rate = learning_rate(program->info().recipe.schedule, number, {kSteps, 1})};
    set_batch(*program, number);
    program->forward(Mode::train, step);
    program->backward(step);
    if (number == 0) {
      check_tensors(kind + "/first_gradient/", program->info().parameters, program->gradients(),
                    kGradientTolerance);
    }
    program->update(step);
    double sum = 0;
    for (const Real loss : program->losses()) sum += static_cast<double>(loss);
    losses.push_back(static_cast<float>(sum / program->info().batch));
    rates.push_back(static_cast<float>(step.learning_rate));
  }
  check_close("rates", rates, training()[kind + "/rates"], 1e-7);
  check_close("losses", losses, training()[kind + "/losses"], looser * kLossTolerance);
  check_tensors(kind + "/final/", program->info().parameters, program->parameters(),
                weight_tolerance);
  check_tensors(kind + "/final/", program->info().statistics, program->statistics(),
                weight_tolerance);
  if (program->averages().empty()) return;
  const auto averages = program->averages();
  const std::size_t parameters = program->parameters().size();
  check_tensors(kind + "/average/", program->info().parameters, averages.first(parameters),
                weight_tolerance);
  check_tensors(kind + "/average/", program->info().statistics, averages.subspan(parameters),
                weight_tolerance);
}

TEST_CASE("twenty training steps with each norm equal PyTorch's", "[pytorch]") {
  using namespace castnet::generated;
  check_training("batch", make_parity());
  check_training("group", make_parity_group());
  check_training("layer", make_parity_layer());
  check_training("element", make_parity_element());
  check_training("instance", make_parity_instance());
}

TEST_CASE("twenty training steps with each block order equal PyTorch's", "[pytorch]") {
  using namespace castnet::generated;
  check_training("relu_norm_dropout", make_orders());
  check_training("norm_dropout_relu", make_orders_norm_dropout_relu());
  check_training("norm_relu_conv", make_orders_norm_relu_conv());
  check_training("norm_relu_dropout", make_orders_norm_relu_dropout());
}

TEST_CASE("twenty training steps of residual networks equal PyTorch's", "[pytorch]") {
  using namespace castnet::generated;
  check_training("resnet", make_resnet());
  check_training("resnet_after_block", make_resnet_after_block(), kOtherPlaces);
  check_training("resnet_regularised", make_resnet_regularised());
  check_training("resnet_adamw", make_resnet_adamw());
}

TEST_CASE("twenty training steps with gates, PReLU and channel norm equal PyTorch's", "[pytorch]") {
  check_training("blocks", castnet::generated::make_blocks());
}

}  // namespace
