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

}  // namespace

void initialise(Program& program, std::uint64_t seed) {
  const ProgramInfo& info = program.info();
  std::uint32_t tensor = 0;
  for (const TensorInfo& t : info.parameters) {
    fill(program.parameters().subspan(t.offset, t.elements), t, tensor++, seed);
  }
  for (const TensorInfo& t : info.buffers) {
    fill(program.buffers().subspan(t.offset, t.elements), t, tensor++, seed);
  }
  std::ranges::fill(program.optimizer_state(), Real{0});
}

}  // namespace castnet
