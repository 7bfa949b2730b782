#include "analysis/feature_map.hpp"

#include "../catch.hpp"
#include "core_specs.hpp"

namespace castnet::codegen {
namespace {

std::string obstacle(const std::string& rest) {
  const auto map = feature_map(plan_of("name: n\ndata: cifar10\n" + rest));
  REQUIRE(map);
  return map->obstacle;
}

TEST_CASE("the feature map is the last output of more than one pixel") {
  const auto layer = [](const std::string& rest) {
    const Plan plan = plan_of("name: n\ndata: cifar10\n" + rest);
    const auto map = feature_map(plan);
    return map ? plan.graph.nodes[static_cast<std::size_t>(map->node)].layer : "none";
  };
  CHECK(layer("layers: C1:4 C2:4 GAP c3:10\n") == "C2");
  CHECK(layer("layers: C1:4 P1 F2:8 F3:10\n") == "P1");
  // No global pooling: a convolution as large as its input.
  CHECK(layer("layers: C1:4 C2:10\noverrides: {C2: {kernel: 32, padding: 0}}\n") == "C1");
  CHECK(layer("layers: F1:8 F2:10\n") == "none");
}

TEST_CASE("layers through which evaluation has no gradient are in the way behind the map only") {
  CHECK(obstacle("norm: batch\ndropout: 0.1\nlayers: C1:4 C2:4 GAP c3:10\n") == "");
  const std::string head = "layers: C1:4 C2:8 c3:10\noverrides:\n  C2: {kernel: 32, padding: 0, ";
  CHECK(obstacle(head + "norm: batch}\n") == "C2 (batch norm, relu)");
  CHECK(obstacle(head + "norm: layer}\n") == "");
  CHECK(obstacle(head + "dropout: 0.25}\n") == "C2 (dropout 0.25)");
  CHECK(obstacle(head + "norm: layer, dropout: 0.25}\n") == "C2 (dropout 0.25)");
}

TEST_CASE("the feature map's gradient is taken where its readers' sum is whole") {
  for (const std::string& text : core_specs()) {
    INFO(text);
    const Plan plan = plan_of(text);
    const auto map = feature_map(plan);
    REQUIRE(map);
    const auto shape = [&](int buffer) {
      return plan.buffers[static_cast<std::size_t>(buffer)].shape;
    };
    CHECK(shape(map->values) == shape(map->gradient));
    CHECK(map->values_from < plan.forward_operations);
    CHECK(map->gradient_from >= plan.forward_operations);
    // Nobody adds to it afterwards, and nobody has overwritten the values before they are read.
    for (int i = map->gradient_from + 1; i < static_cast<int>(plan.operations.size()); ++i) {
      const Operation& operation = plan.operations[static_cast<std::size_t>(i)];
      CHECK(operation.node <= map->node);
    }
    CHECK(plan.buffers[static_cast<std::size_t>(map->values)].last >= map->values_from);
  }
}

}  // namespace
}  // namespace castnet::codegen
