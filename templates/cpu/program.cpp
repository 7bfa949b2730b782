// -- program
$banner$

#include <array>
#include <memory>

#include "core/arena.hpp"
#include "core/program.hpp"
#include "kernels/cpu/kernels.hpp"
#include "train/trainer_main.hpp"

namespace $namespace$ {
namespace $name$ {

using namespace cpu;

$facts$

// ---- The network --------------------------------------------------------------------------------

class Network final : public Program {
 public:
  const ProgramInfo& info() const override { return kInfo; }

  void forward([[maybe_unused]] Mode mode, [[maybe_unused]] const Step& step) override {
    $forward$
  }

  void backward([[maybe_unused]] const Step& step) override {
    $backward$
  }

  void update(const Step& step) override {
    $clip_gradients$
    $update$
    $average$
  }

  ImageSlot image(int slot) override {
    return image_slot<$channels$, $height$, $width$>(input, slot);
  }
  std::span<Real> targets() override { return targets_; }
  std::span<std::uint32_t> samples() override { return samples_; }
  std::span<const Real> probabilities() const override { return probabilities_; }
  std::span<const Real> losses() const override { return losses_; }
  std::span<Real> parameters() override { return parameters_.span(); }
  std::span<Real> gradients() override { return gradients_.span(); }
  std::span<Real> optimizer_state() override { return optimizer_state_.span(); }
  std::span<Real> buffers() override { return buffers_.span(); }
  std::span<Real> averages() override { return averages_.span(); }
  std::span<const Real> activations() const override { return activations_.span(); }

 private:
  Arena<Real, kParameters> parameters_;
  Arena<Real, kParameters> gradients_;
  Arena<Real, kOptimizerState> optimizer_state_;
  Arena<Real, kBuffers> buffers_;
  Arena<Real, kAverages> averages_;
  Arena<Real, kActivations> activations_;
  Arena<Real, kOptimizerScratch> optimizer_scratch_;
  std::array<Real, std::size_t{kBatch} * kClasses> targets_{};
  std::array<std::uint32_t, kBatch> samples_{};
  std::array<Real, std::size_t{kBatch} * kClasses> probabilities_{};
  std::array<Real, kBatch> losses_{};

  // Parameters, their gradients, and running statistics.
  $tensor_members$

  // Activations and their gradients: shape, bytes in float32, and the operations between which each
  // lives. Those that do not meet share memory.
  $buffer_members$
};

$make$
