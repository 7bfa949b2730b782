#include <type_traits>

#include "cuda/value_copies.hpp"
#include "kernels/cuda/convert.hpp"

namespace castnet::cuda {
namespace {

constexpr bool kConverts = !std::is_same_v<Value, Real>;
constexpr std::size_t kGradients = 256;  ///< for which `written_` does not grow in a step

/// `own`, or where Value is another type the copy of it: at `offset` in `copies`.
template <class V, class R>
V* values_of([[maybe_unused]] R* own, [[maybe_unused]] V* copies,
             [[maybe_unused]] std::ptrdiff_t offset) {
  if constexpr (std::is_convertible_v<R*, V*>) {
    return own;
  } else {
    return copies + offset;
  }
}

}  // namespace

ValueCopies::ValueCopies(Real* parameters, Real* gradients, std::size_t elements)
    : parameters_(parameters),
      gradients_(gradients),
      elements_(elements),
      weights_(kConverts ? elements : 0),
      d_weights_(kConverts ? elements : 0) {
  if (kConverts) written_.reserve(kGradients);
}

const Value* ValueCopies::of_weight(const Real* weight) const {
  return values_of<const Value>(weight, weights_.data(), weight - parameters_);
}

Value* ValueCopies::of_gradient(Real* gradient, std::size_t elements) {
  const std::ptrdiff_t offset = gradient - gradients_;
  if (kConverts) written_.push_back({static_cast<std::size_t>(offset), elements});
  return values_of<Value>(gradient, d_weights_.data(), offset);
}

void ValueCopies::narrow(cudaStream_t stream) const {
  if (kConverts) convert(stream, elements_, parameters_, weights_.data());
}

void ValueCopies::widen(cudaStream_t stream) {
  if (kConverts) convert(stream, written_, d_weights_.data(), gradients_);
  written_.clear();
}

}  // namespace castnet::cuda
