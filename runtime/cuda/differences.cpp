#include "cuda/differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

namespace castnet::cuda {
namespace {

/// The place and size of the difference of two tensors.
struct Difference {
  double ulp = 0;
  std::size_t place = 0;
  Real expected = 0, actual = 0;
};

/// One element in this many may differ: it lay at a kink of an activation or a tie of a pool.
constexpr std::size_t kKinks = 10000;

/// A value that is not finite differs from all others by infinity.
double distance(Real a, Real b) {
  const double difference = std::abs(static_cast<double>(a) - static_cast<double>(b));
  if (a == b || difference < double{std::numeric_limits<Real>::min()}) return 0;
  return std::isfinite(difference) ? difference : INFINITY;
}

/// The largest but for `spared` elements, in units in the last place of `scale`.
Difference difference(std::span<const Real> expected, std::span<const Real> actual, double scale,
                      std::size_t spared) {
  std::vector<std::size_t> order(expected.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto nth = order.begin() + static_cast<std::ptrdiff_t>(std::min(spared, order.size() - 1));
  std::ranges::nth_element(order, nth, std::greater<>{},
                           [&](std::size_t i) { return distance(expected[i], actual[i]); });
  const std::size_t place = *nth;
  const double apart = distance(expected[place], actual[place]);
  const double unit = scale * static_cast<double>(std::numeric_limits<Real>::epsilon());
  const double ulp = apart == 0 ? 0 : apart / unit;
  return {ulp, place, expected[place], actual[place]};
}

/// Element `at` of a tensor of `shape`, as indices.
std::string place(std::size_t at, std::span<const int> shape) {
  std::string text;
  for (auto extent = shape.rbegin(); extent != shape.rend(); ++extent) {
    const auto size = static_cast<std::size_t>(*extent);
    text = std::to_string(at % size) + (text.empty() ? "" : ", " + text);
    at /= size;
  }
  return text;
}

}  // namespace

double magnitude(std::span<const Real> values) {
  double most = 0;
  for (const Real value : values) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}

double nothing(const TensorInfo& /*tensor*/, std::span<const TensorInfo> /*tensors*/,
               std::span<const Real> /*all*/) {
  return 0;
}

double of_layer(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
                std::span<const Real> all) {
  const auto layer = [](const TensorInfo& of) {
    const std::string_view name = of.name;
    return name.substr(0, name.find('.'));
  };
  double most = 0;
  for (const TensorInfo& other : tensors) {
    if (layer(other) == layer(tensor)) most = std::max(most, magnitude(values_of(other, all)));
  }
  return most;
}

double of_norm(const TensorInfo& tensor, std::span<const TensorInfo> tensors,
               std::span<const Real> all) {
  constexpr std::string_view kMean = ".running_mean";
  const std::string_view name = tensor.name;
  if (!name.ends_with(kMean)) return 0;
  const std::string variance =
      std::string(name.substr(0, name.size() - kMean.size())) + ".running_var";
  const auto found =
      std::ranges::find(tensors, std::string_view(variance),
                        [](const TensorInfo& t) { return std::string_view(t.name); });
  return found == tensors.end() ? 0 : std::sqrt(magnitude(values_of(*found, all)));
}

void Differences::compare(const std::string& name, std::span<const Real> expected,
                          std::span<const Real> actual, std::span<const int> shape, bool gradient,
                          double least) {
  if (expected.empty()) return;
  ++compared_;
  const Difference found = difference(expected, actual, std::max(magnitude(expected), least),
                                      gradient ? expected.size() / kKinks : std::size_t{0});
  const bool differs = !(found.ulp <= tolerance_);
  if (verbose_ || (differs && differing_ == 0)) {
    text_ += fmt::format("step {}: {}: {:.4g} ULP{}: cpu {:.9g}, cuda {:.9g} at [{}]\n", step_,
                         name, found.ulp, differs ? " apart" : "", found.expected, found.actual,
                         place(found.place, shape));
  }
  worst_ = std::max(worst_, found.ulp);
  differing_ += differs ? 1 : 0;
  only_gradients_ = only_gradients_ && (gradient || !differs);
}

}  // namespace castnet::cuda
