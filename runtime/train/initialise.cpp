#include "train/initialise.hpp"

#include <algorithm>
#include <span>

#include "core/philox.hpp"

namespace castnet {
namespace {

void fill(std::span<Real> values, const TensorInfo& info, std::uint32_t tensor,
          std::uint64_t seed) {
  if (info.bound == 0) {
    std::fill(values.begin(), values.end(), static_cast<Real>(info.centre));
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Philox4 words = philox({static_cast<std::uint32_t>(i / 4), tensor, 0,
                                  static_cast<std::uint32_t>(Stream::initialise)},
                                 seed);
    const double place = 2 * static_cast<double>(uniform(words[i % 4])) - 1;
    values[i] = static_cast<Real>(info.centre + info.bound * place);
  }
}

/// Makes filters of weights [O, I, k, k] pass one input channel each.
void pass_channels(std::span<Real> weights, const TensorInfo& info, bool depthwise) {
  const auto inputs = static_cast<std::size_t>(info.shape[1]);
  const auto kernel = static_cast<std::size_t>(info.shape[2]);
  const std::size_t plane = kernel * kernel;
  const auto filters = static_cast<std::size_t>(info.shape[0]);
  for (std::size_t o = 0; o < (depthwise ? filters : std::min(filters, inputs)); ++o) {
    const auto filter = weights.subspan(o * inputs * plane, inputs * plane);
    std::ranges::fill(filter, Real{0});
    filter[(depthwise ? 0 : o) * plane + kernel / 2 * (kernel + 1)] = Real{1};
  }
}

}  // namespace

void initialise_uniform(Program& program, std::uint64_t seed) {
  const ProgramInfo& info = program.info();
  std::uint32_t tensor = 0;
  for (const TensorInfo& t : info.parameters) {
    fill(program.parameters().subspan(t.offset, t.elements), t, tensor++, seed);
  }
  for (const TensorInfo& t : info.statistics) {
    fill(program.statistics().subspan(t.offset, t.elements), t, tensor++, seed);
  }
  std::ranges::fill(program.optimizer_state(), Real{0});
  std::ranges::fill(program.averages(), Real{0});
  program.store();
}

void initialise(Program& program, std::uint64_t seed) {
  initialise_uniform(program, seed);
  const ProgramInfo& info = program.info();
  bool one_channel = info.channels == 1;  // what the next convolution reads, as far as is known
  for (const TensorInfo& t : info.parameters) {
    if (t.rank != 4) continue;
    if (t.init == Init::dirac) {
      pass_channels(program.parameters().subspan(t.offset, t.elements), t,
                    t.shape[1] == 1 && !one_channel);
    }
    one_channel = false;
  }
  program.store();
}

}  // namespace castnet
