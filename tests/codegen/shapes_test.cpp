// Shapes, counts, receptive fields, and the errors of layers that do not fit.
#include "support.hpp"

namespace castnet::codegen {
namespace {

// The widths, paddings and printed counts of a published network: batch norm 45,776 parameters.
const char* const kPublished = R"(name: published
data: cifar10
block: conv norm dropout relu
norm: batch
dropout: 0.1
layers: C1:16 C2:32 c3:8 P1 C4:16 C5:32 C6:64 c7:8 P2 C8:16 C9:32 C10:32 GAP c11:10
defaults:
  C: {bias: false}
  c: {bias: false, block: conv relu}
overrides:
  c3: {padding: 1}
  C4: {padding: 0}
  C5: {padding: 0}
  C6: {padding: 0}
  c11: {block: conv}
)";

TEST_CASE("a published network has its published shapes and counts") {
  const Plan plan = plan_of(kPublished);
  const std::vector<LayerSummary> layers = summarise(plan.graph);
  const std::vector<int> heights{32, 32, 34, 17, 15, 13, 11, 11, 5, 5, 5, 5, 1, 1};
  REQUIRE(layers.size() == heights.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    INFO(layers[i].name);
    CHECK(layers[i].out.height == heights[i]);
    CHECK(layers[i].out.width == heights[i]);
  }
  CHECK(layers[0].parameters == 16 * 3 * 9 + 2 * 16);
  CHECK(total(layers).parameters == 45776);
  CHECK(total(layers).buffers == 2 * (16 + 32 + 16 + 32 + 64 + 16 + 32 + 32));
}

TEST_CASE("layer norm with an affine per element counts C x H x W twice") {
  const Plan plan = plan_of(
      "name: n\ndata: cifar10\nnorm: {layer: {affine: element}}\n"
      "layers: C1:4 GAP c2:10\noverrides: {C1: {padding: 0, bias: false}}\n");
  const LayerSummary layer = summarise(plan.graph).front();
  CHECK(layer.norm_parameters == 7200);
  CHECK(layer.parameters == 7200 + 4 * 3 * 9);
}

TEST_CASE("multiply-adds and receptive fields") {
  const Plan plan = plan_of("name: n\ndata: cifar10\nlayers: C1:8 P1 D2 c3:4 GAP F4:10\n");
  const std::vector<LayerSummary> layers = summarise(plan.graph);
  CHECK(layers[0].macs == 8 * 32 * 32 * 3 * 9);
  CHECK(layers[0].field.size == 3);
  CHECK(layers[1].field.size == 4);
  CHECK(layers[2].macs == 8 * 16 * 16 * 9);
  CHECK(layers[2].field.size == 8);
  CHECK(layers[3].macs == 4 * 8 * 16 * 16);
  CHECK(layers[5].macs == 40);
}

TEST_CASE("a norm and its activation are one operation, others are not") {
  const Plan fused = plan_of("name: n\ndata: shapes\nnorm: batch\nlayers: C1:4 GAP c2:10\n");
  CHECK(fused.graph.nodes.size() == 5);  // conv, norm with ReLU, GAP, conv, loss
  const Plan apart = plan_of(
      "name: n\ndata: shapes\nnorm: batch\nblock: conv relu norm\nlayers: C1:4 GAP c2:10\n");
  CHECK(apart.graph.nodes.size() == 6);
  const Plan skip = plan_of(
      "name: n\ndata: shapes\nnorm: batch\nlayers: C1:4 C2:4 GAP c3:10\n"
      "overrides: {C2: {skip: C1}}\n");
  CHECK(skip.graph.nodes.size() == 9);  // the sum stands between C2's norm and its ReLU
}

TEST_CASE("layers that do not fit are told with their shapes") {
  CHECK(error_of("name: n\ndata: cifar10\nlayers: C1:6 GAP c2:10\nnorm: {group: {groups: 4}}\n") ==
        "test.yaml:3:9: error: C1: group norm: 4 groups do not divide 6 channels");
  CHECK(error_of("name: n\ndata: cifar10\nlayers: C1:8 GAP c2:9\n") ==
        "test.yaml:3:18: error: the last layer's output is 9x1x1, but the data set has 10 classes: "
        "10x1x1 is needed (give the last layer 10 output channels)");
  CHECK(error_of("name: n\ndata: cifar10\nlayers: C1:8 c2:10\n") ==
        "test.yaml:3:14: error: the last layer's output is 10x32x32, but the data set has 10 "
        "classes: "
        "10x1x1 is needed (put GAP or a fully connected layer before or at the end)");
  CHECK(error_of("name: n\ndata: cifar10\nlayers: P1 P2 P3 P4 C1:8 GAP c2:10\n"
                 "overrides: {C1: {padding: 0}}\n") ==
        "test.yaml:3:21: error: C1: a kernel that spans 3x3 pixels is larger than its input of 2x2 "
        "(with padding 0); use a smaller kernel, more padding or fewer pools before it");
  CHECK(
      error_of(
          "name: n\ndata: cifar10\nlayers: C1:8 C2:4 GAP c3:10\noverrides: {C2: {skip: C1}}\n") ==
      "test.yaml:3:14: error: C2: skip: the sum's two inputs have the shapes 4x32x32 and 8x32x32; "
      "they must agree (give the skip 'projection: {stride: 1}')");
}

}  // namespace
}  // namespace castnet::codegen
