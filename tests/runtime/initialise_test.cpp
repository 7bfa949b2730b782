#include "train/initialise.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "run/checkpoint.hpp"
#include "softmax_program.hpp"

using namespace castnet;

namespace {

/// Two convolutions of nothing: only their weights.
class WeightsProgram : public test::SoftmaxProgram {
 public:
  WeightsProgram(int channels, Init init, std::initializer_list<std::int64_t> first,
                 std::initializer_list<std::int64_t> second)
      : SoftmaxProgram({.channels = channels}) {
    info_ = SoftmaxProgram::info();
    for (const auto& shape : {first, second}) {
      tensors_.push_back(tensor("conv.weight", shape, {0, 0.25, init}));
      tensors_.back().offset = values_.size();
      values_.resize(values_.size() + tensors_.back().elements);
    }
    info_.parameters = tensors_;
  }
  const ProgramInfo& info() const override { return info_; }
  std::span<Real> parameters() override { return values_; }

  /// The filters [I·k·k] of the second (or first) weights, after initialise.
  std::vector<std::vector<Real>> filters(std::size_t which) const {
    const TensorInfo& t = tensors_[which];
    const std::size_t size = t.elements / static_cast<std::size_t>(t.shape[0]);
    std::vector<std::vector<Real>> result;
    for (auto at = values_.begin() + static_cast<std::ptrdiff_t>(t.offset);
         result.size() < static_cast<std::size_t>(t.shape[0]);
         at += static_cast<std::ptrdiff_t>(size)) {
      result.emplace_back(at, at + static_cast<std::ptrdiff_t>(size));
    }
    return result;
  }

 private:
  std::vector<TensorInfo> tensors_;
  std::vector<Real> values_;
  ProgramInfo info_ = {};
};

/// A filter of zeros but for a 1.
std::vector<Real> impulse(std::size_t size, std::size_t at) {
  std::vector<Real> filter(size);
  filter[at] = 1;
  return filter;
}

}  // namespace

TEST_CASE("initial weights fill their interval and follow the seed", "[runtime][initialise]") {
  test::SoftmaxSetup setup;
  setup.recipe.ema = 0.9;
  test::SoftmaxProgram a(setup), b(setup);
  for (const auto arena : {a.averages(), a.optimizer_state()}) std::ranges::fill(arena, Real(3));
  initialise(a, 1);
  initialise(b, 1);
  CHECK(std::ranges::equal(a.parameters(), b.parameters()));
  for (const auto arena : {a.averages(), a.optimizer_state()}) {
    CHECK(std::ranges::count(arena, Real(0)) == std::ssize(arena));
  }
  initialise(b, 2);
  CHECK_FALSE(std::ranges::equal(a.parameters(), b.parameters()));
  double sum = 0;
  for (const Real w : a.parameters()) {
    REQUIRE(std::abs(w) <= Real(0.02));
    sum += static_cast<double>(w);
  }
  // The mean of n uniform values in ±0.02 deviates by 0.02 / sqrt(3 n); five of that.
  const auto n = static_cast<double>(a.parameters().size());
  CHECK(std::abs(sum / n) < 5 * 0.02 / std::sqrt(3 * n));
  CHECK(a.statistics()[0] == Real(0.25));
}

TEST_CASE("each tensor's initial weights are its own", "[runtime][initialise]") {
  WeightsProgram uniform(4, Init::uniform, {8, 4, 3, 3}, {8, 4, 3, 3});
  initialise(uniform, 5);
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < 8; ++j) CHECK(uniform.filters(0)[i] != uniform.filters(1)[j]);
    for (std::size_t j = 0; j < i; ++j) CHECK(uniform.filters(0)[i] != uniform.filters(0)[j]);
  }
}

// torch.nn.init.dirac_ of weights [3, 2, 3, 3]: 1 at [0, 0, 1, 1] and [1, 1, 1, 1].
TEST_CASE("dirac passes channels and leaves the rest uniform", "[runtime][initialise]") {
  WeightsProgram dirac(2, Init::dirac, {3, 2, 3, 3}, {2, 3, 2, 2});
  WeightsProgram uniform(2, Init::uniform, {3, 2, 3, 3}, {2, 3, 2, 2});
  initialise(dirac, 5);
  initialise(uniform, 5);
  CHECK(dirac.filters(0) == std::vector{impulse(18, 4), impulse(18, 9 + 4), uniform.filters(0)[2]});
  CHECK(uniform.filters(0)[2] != std::vector<Real>(18));
  CHECK(dirac.filters(1) == std::vector{impulse(12, 3), impulse(12, 4 + 3)});
}

TEST_CASE("dirac of a depthwise convolution passes each channel", "[runtime][initialise]") {
  WeightsProgram dirac(3, Init::dirac, {3, 1, 3, 3}, {2, 1, 5, 5});
  initialise(dirac, 5);
  CHECK(dirac.filters(0) == std::vector(3, impulse(9, 4)));
  CHECK(dirac.filters(1) == std::vector(2, impulse(25, 12)));
}

TEST_CASE("dirac on one-channel images passes the image once", "[runtime][initialise]") {
  WeightsProgram dirac(1, Init::dirac, {2, 1, 3, 3}, {2, 1, 3, 3});
  WeightsProgram uniform(1, Init::uniform, {2, 1, 3, 3}, {2, 1, 3, 3});
  initialise(dirac, 5);
  initialise(uniform, 5);
  CHECK(dirac.filters(0) == std::vector{impulse(9, 4), uniform.filters(0)[1]});
  CHECK(dirac.filters(1) == std::vector(2, impulse(9, 4)));
}
