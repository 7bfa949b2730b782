#include "cuda/device_network.hpp"

#include "cuda/tensor_arena.hpp"

namespace castnet::cuda {
namespace {

/// 256 bytes: what cudaMalloc aligns to, and cuDNN likes.
std::size_t aligned(std::size_t elements) { return (elements + 63) / 64 * 64; }

std::size_t outputs(const ProgramInfo& info) {
  return aligned(static_cast<std::size_t>(info.batch) * static_cast<std::size_t>(info.classes));
}

std::size_t batch_of(const ProgramInfo& info) { return static_cast<std::size_t>(info.batch); }

/// One after another, each aligned, and in those of parameters each tensor.
void lay_out(const ProgramInfo& info, const ArenaSizes& sizes, Slice (&slices)[7]) {
  const std::size_t parameters = aligned_elements(info.parameters);
  const std::size_t elements[] = {parameters,
                                  parameters,
                                  sizes.state_tensors * parameters,
                                  sizes.statistics,
                                  sizes.averaged ? parameters + sizes.statistics : 0,
                                  sizes.activations,
                                  sizes.scratch_tensors * parameters};
  std::size_t offset = 0;
  for (std::size_t i = 0; i < std::size(elements); ++i) {
    slices[i] = {offset, elements[i]};
    offset += aligned(elements[i]);
  }
}

std::size_t end_of(const Slice& slice) { return slice.offset + aligned(slice.elements); }

}  // namespace

DeviceNetwork::DeviceNetwork(const ProgramInfo& info, const ArenaSizes& sizes)
    : info_(info),
      slices_{},
      state_elements_((lay_out(info, sizes, slices_), end_of(slices_[4]))),
      memory_(end_of(slices_[kArenas - 1]) + 2 * outputs(info) + aligned(batch_of(info))),
      sample_memory_(batch_of(info)),
      step_memory_(1),
      clip_memory_(1),
      step_(step_memory_.data()),
      samples_(sample_memory_.data()),
      targets_(memory_.data() + end_of(slices_[kArenas - 1])),
      probabilities_(targets_ + outputs(info)),
      losses_(probabilities_ + outputs(info)),
      clip_factor_(clip_memory_.data()) {
  device_.set_copies({memory_.data() + parameters_slice().offset,
                      memory_.data() + gradients_slice().offset, parameters_slice().elements});
  // The rest stays as it is: what a step reads of it without having written it would be hidden.
  CASTNET_CHECK(
      cudaMemsetAsync(memory_.data(), 0, state_elements_ * sizeof(Real), device_.stream()));
}

void DeviceNetwork::fill_with_nan() {
  constexpr int kNan = 0xff;  // as bytes of float32 and of bfloat16
  CASTNET_CHECK(cudaMemsetAsync(memory_.data() + state_elements_, kNan,
                                (memory_.size() - state_elements_) * sizeof(Real),
                                device_.stream()));
}

}  // namespace castnet::cuda
