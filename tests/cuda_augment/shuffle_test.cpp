// The device's order of an epoch against the CPU's.
#include "kernels/cuda/shuffle.hpp"

#include <vector>

#include "../catch.hpp"
#include "../host_cuda_test/support.hpp"

using namespace castnet;
using namespace castnet::cuda;

TEST_CASE("an epoch's order is the CPU's", "[cuda_augment]") {
  // Nothing to swap; less than a tile; a tile and its neighbours; several tiles.
  const std::uint32_t size = GENERATE(1U, 2U, 5U, 1023U, 1024U, 1025U, 1026U, 2049U, 10007U);
  const std::uint64_t seed = GENERATE(0U, 9U, 0xfedcba9876543210U);
  const std::uint32_t epoch = GENERATE(0U, 1U, 77U);
  std::vector<std::uint32_t> expected(size);
  castnet::shuffle(expected, seed, epoch);
  const OnDevice<std::uint32_t> order(std::vector<std::uint32_t>(size, 12345));
  cuda::shuffle(nullptr, order.data(), size, seed, epoch);
  CHECK((order.values() == expected));
}

TEST_CASE("an order does not depend on the order of threads", "[cuda_augment]") {
  const ReverseOrder reverse;
  std::vector<std::uint32_t> expected(3000);
  castnet::shuffle(expected, 5, 6);
  const OnDevice<std::uint32_t> order(std::vector<std::uint32_t>(3000));
  cuda::shuffle(nullptr, order.data(), 3000, 5, 6);
  CHECK((order.values() == expected));
}
