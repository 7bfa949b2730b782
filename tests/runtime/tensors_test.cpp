// Tables of tensors and memory maps.
#include "core/tensors.hpp"

#include "../catch.hpp"
#include "core/memory_map.hpp"

namespace castnet {
namespace {

constexpr UpdateRule matrices{.matrix = true};
constexpr UpdateRule slow{.rate = 0.5};
constexpr UpdateRule decayed{.weight_decay = 0.25, .l1 = 0.125};

constexpr auto kTable = chained(                                      //
    tensor("a.weight", {4, 3, 2, 2}, Initial::dirac(0.5), matrices),  // 48
    tensor("b.weight", {5, 2}, Initial::uniform(0.25), matrices),     // 10
    tensor("b.bias", {5}, Initial::constant(1.5), slow),              // 5
    tensor("c.weight", {7}, Initial::constant(0), slow),              // 7
    tensor("d.weight", {3}, Initial::uniform(1), decayed));           // 3

TEST_CASE("each tensor of a table begins where the one before it ends", "[runtime][tensors]") {
  static_assert(kTable.elements() == 48 + 10 + 5 + 7 + 3);
  static_assert(kTable["a.weight"].offset == 0 && kTable["a.weight"].elements == 48);
  static_assert(kTable["b.bias"].offset == 58 && kTable["b.bias"].elements == 5);
  static_assert(kTable["d.weight"].offset == 70 && kTable["d.weight"].elements == 3);
  static_assert(chained().elements() == 0);
  const std::span<const TensorInfo> tensors = kTable;
  REQUIRE(tensors.size() == 5);
  CHECK(tensors[0].rank == 4);
  CHECK(tensors[0].shape[1] == 3);
  CHECK(tensors[0].bound == 0.5);
  CHECK(tensors[0].init == Init::dirac);
  CHECK(tensors[1].init == Init::uniform);
  CHECK(tensors[2].centre == 1.5);
  CHECK(tensors[2].bound == 0);
  CHECK_THROWS_AS(kTable["e.weight"], std::out_of_range);
}

TEST_CASE("neighbours that are updated alike are one group, matrices one each",
          "[runtime][tensors]") {
  constexpr auto kGroups = groups_of(kTable);
  const std::span<const ParameterGroup> groups = kGroups;
  REQUIRE(groups.size() == 4);
  const auto is = [&](std::size_t i, std::size_t offset, std::size_t elements, double rate,
                      int rows) {
    const ParameterGroup& group = groups[i];
    return group.parameters.offset == offset && group.parameters.elements == elements &&
           group.rate == rate && group.rows == rows;
  };
  CHECK(is(0, 0, 48, 1, 4));
  CHECK(is(1, 48, 10, 1, 5));
  CHECK(is(2, 58, 12, 0.5, 0));
  CHECK(is(3, 70, 3, 1, 0));
  CHECK(groups[3].weight_decay == 0.25);
  CHECK(groups[3].l1 == 0.125);
}

TEST_CASE("a memory map is sound where what is in use together lies apart",
          "[runtime][memory_map]") {
  // a and b meet in operation 2; c begins when a has ended, in a's memory.
  constexpr auto kSound = memory_map({{"a", 0, 16, 0, 2}, {"c", 0, 32, 3, 4}, {"b", 16, 16, 2, 2}});
  static_assert(kSound.is_sound(32));
  static_assert(!kSound.is_sound(31));  // c leaves the arena
  static_assert(kSound["b"].offset == 16 && kSound["b"].elements == 16);
  static_assert(!memory_map({{"a", 0, 16, 0, 2}, {"b", 15, 16, 2, 2}}).is_sound(32));
  static_assert(memory_map({{"a", 0, 16, 0, 2}, {"b", 15, 16, 3, 3}}).is_sound(32));
  static_assert(!memory_map({{"a", 0, 16, 0, 9}, {"b", 4, 4, 4, 4}}).is_sound(32));
  static_assert(!memory_map({{"a", 0, 16, 3, 2}}).is_sound(32));  // ends before it begins
  static_assert(memory_map({{"a", 8, 4, 0, 1}}, 100)["a"].offset == 108);
  static_assert(memory_map().is_sound(0));
  CHECK_THROWS_AS(kSound["d"], std::out_of_range);
}

}  // namespace
}  // namespace castnet
