// -- program
$banner$

#include <array>
#include <memory>

$kernel_headers$
$optimizer_headers$
#include "$memory_file$"
#include "train/trainer_main.hpp"

namespace $namespace$ {
namespace net_$name$ {

using namespace cpu;

$shapes$

static_assert(kBlocks * kLanes == kBatch, "the memory map is that of another batch");

// ---- The network --------------------------------------------------------------------------------

// `b` is a block of kLanes images; what stands in `each_block` runs for all blocks, side by side.
class Network final : public BlockProgram {
 public:
  void forward([[maybe_unused]] Mode mode, [[maybe_unused]] const Step& step) override {
    $forward$
  }

  void backward([[maybe_unused]] const Step& step) override {
    $backward$
    sum_blocks(block_gradients_.blocks<Slice{0, kParameters}, kParameters>(), kBlocks, kParameters,
               gradients_.data());
  }

  void evaluate() override {
    $evaluate$
  }

  void update(const Step& step) override {
    $clip_gradients$
    $update$
    $average$
  }

  $facts$

  const ProgramInfo& info() const override { return kInfo; }
  ImageSlot image(int slot) override {
    return image_slot(input, slot);
  }
  std::span<Real> targets() override { return flat(targets_); }
  std::span<std::uint32_t> samples() override { return samples_; }
  std::span<const Real> probabilities() const override { return flat(probabilities_); }
  std::span<const Real> losses() const override { return losses_; }
  std::span<Real> parameters() override { return parameters_.span(); }
  std::span<Real> gradients() override { return gradients_.span(); }
  std::span<Real> optimizer_state() override { return optimizer_state_.span(); }
  std::span<Real> statistics() override { return statistics_.span(); }
  std::span<Real> averages() override { return averages_.span(); }
  std::span<const Real> activations() const override { return activations_.span(); }

 private:
  // The calling thread's. No more than kBlocks threads have blocks to work on.
  Workspace<Real, kWorkspace> workspace() const { return workspaces_.of_thread(); }

  Arena<Real, kParameters> parameters_;
  Arena<Real, kParameters> gradients_;
  Arena<Real, kBlocks * kParameters> block_gradients_;  // each block's share of them
  Arena<Real, kOptimizerState> optimizer_state_;
  Arena<Real, kStatistics> statistics_;
  Arena<Real, kAverages> averages_;
  Arena<Real, kActivations> activations_;
  Arena<Real, kOptimizerScratch> optimizer_scratch_;
  Workspaces<Real, kWorkspace, kBlocks> workspaces_;  // what a kernel computes with, each thread's
  PerImage<kBlocks, kClasses> targets_{};
  std::array<std::uint32_t, kBatch> samples_{};
  PerImage<kBlocks, kClasses> probabilities_{};
  std::array<Real, kBatch> losses_{};

  // Parameters, their gradients, and running statistics.
  $tensor_members$

  // Activations and their gradients, where the memory map has them. Each block has its slice, [b].
  $buffer_members$

  // The same of evaluation, in the same memory.
  $evaluation_members$
};

$make$
