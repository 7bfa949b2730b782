// A norm and the dropout behind it in one operation: the bits of the two one by one.
#include "kernels/cpu/norm_dropout.hpp"

#include <omp.h>

#include <catch2/catch.hpp>

#include "support.hpp"

namespace {

using namespace castnet;
using namespace castnet::cpu;
using namespace castnet::test;

constexpr std::uint64_t kSeed = 0x123456789abcdef;
constexpr std::uint32_t kEpoch = 4;

/// y, running statistics, dx and the parameters' gradients, one after the other.
template <NormShape S, DropoutShape D>
class Case {
 public:
  std::vector<float> apart(Mode mode) const {
    Numbers n = start();
    norm_forward<S>(mode, x_.data(), weight_.data(), bias_.data(), n.saved.data(), n.running.data(),
                    n.scratch.data(), n.y.data());
    dropout_forward<D>(mode, kSeed, kEpoch, samples_.data(), n.y.data(), n.y.data());
    dropout_backward<D>(kSeed, kEpoch, samples_.data(), n.dy.data(), n.dx.data());
    norm_backward<S>(x_.data(), n.dx.data(), weight_.data(), bias_.data(), n.saved.data(),
                     n.scratch.data(), n.dx.data(), n.d_weight.data(), n.d_bias.data());
    return all(n);
  }

  /// `in_place`: dx is dy.
  std::vector<float> together(Mode mode, bool in_place) const {
    Numbers n = start();
    norm_dropout_forward<S, D>(mode, kSeed, kEpoch, samples_.data(), x_.data(), weight_.data(),
                               bias_.data(), n.saved.data(), n.running.data(), n.scratch.data(),
                               n.y.data());
    norm_dropout_backward<S, D>(kSeed, kEpoch, samples_.data(), x_.data(),
                                in_place ? n.dx.data() : n.dy.data(), weight_.data(), bias_.data(),
                                n.saved.data(), n.scratch.data(), n.dx.data(), n.d_weight.data(),
                                n.d_bias.data());
    CHECK(n.dy == start().dy);
    return all(n);
  }

 private:
  static constexpr std::size_t kCount = std::size_t(S.batch * S.channels * S.height * S.width);

  struct Numbers {
    std::vector<float> y, running, saved, scratch, dy, dx, d_weight, d_bias;
  };

  Numbers start() const {
    Numbers n{.y = std::vector<float>(kCount),
              .running = random_values<float>(2 * std::size_t(S.channels), 5),
              .saved = std::vector<float>(S.saved()),
              .scratch = std::vector<float>(S.scratch()),
              .dy = random_values<float>(kCount, 2),
              .dx = {},
              .d_weight = std::vector<float>(S.affine_elements()),
              .d_bias = std::vector<float>(S.affine_elements())};
    for (float& value : n.running) value = std::abs(value);
    n.dx = n.dy;
    return n;
  }

  static std::vector<float> all(const Numbers& n) {
    std::vector<float> all = n.y;
    for (const auto* part : {&n.running, &n.dx, &n.d_weight, &n.d_bias}) {
      all.insert(all.end(), part->begin(), part->end());
    }
    return all;
  }

  std::vector<std::uint32_t> samples_ = sample_indices(S.batch);
  std::vector<float> x_ = random_values<float>(kCount, 1);
  std::vector<float> weight_ = random_values<float>(S.affine_elements(), 3);
  std::vector<float> bias_ = random_values<float>(S.affine_elements(), 4);
};

template <NormStatistics Statistics, int Groups, NormAffine Affine, Act A, bool PerChannel,
          int Height, int Width>
void check(const char* name) {
  constexpr NormShape kNorm{.batch = 48,
                            .channels = 6,
                            .height = Height,
                            .width = Width,
                            .statistics = Statistics,
                            .groups = Groups,
                            .affine = Affine,
                            .epsilon = 1e-5,
                            .momentum = 0.1,
                            .act = A,
                            .slope = 0.01};
  constexpr DropoutShape kDropout{.batch = 48,
                                  .channels = 6,
                                  .height = Height,
                                  .width = Width,
                                  .rate = 0.3,
                                  .per_channel = PerChannel,
                                  .index = 3};
  INFO(name);
  const Case<kNorm, kDropout> both;
  for (const Mode mode : {Mode::train, Mode::evaluate}) {
    const std::vector<float> apart = both.apart(mode);
    for (const int threads : {1, 2}) {
      omp_set_num_threads(threads);
      CHECK(same_bits(both.together(mode, false), apart));
      CHECK(same_bits(both.together(mode, true), apart));
    }
  }
}

TEST_CASE("norm and dropout in one operation", "[kernels][norm][dropout]") {
  using enum NormStatistics;
  check<batch, 1, NormAffine::channel, Act::relu, false, 5, 7>("batch, relu");
  check<batch, 1, NormAffine::element, Act::none, true, 5, 7>("batch, whole channels");
  check<group, 3, NormAffine::channel, Act::gelu, false, 3, 3>("group, gelu");
  check<group, 1, NormAffine::element, Act::leaky_relu, true, 4, 4>("layer, whole channels");
  check<group, 6, NormAffine::none, Act::relu, false, 1, 1>("instance, one pixel");
}

}  // namespace
