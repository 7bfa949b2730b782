// Shapes, counts, receptive fields, and the errors of layers that do not fit.
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>

#include "support.hpp"

namespace castnet::codegen {
namespace {

TEST_CASE("layer norm with an affine per element counts C x H x W twice") {
  const Plan plan = plan_of(
      "name: n\ndata: cifar10\nnorm: {layer: {affine: element}}\n"
      "layers: C1:4 GAP c2:10\noverrides: {C1: {padding: 0, bias: false}}\n");
  const LayerSummary layer = summarise(plan.graph).front();
  CHECK(layer.norm_parameters == 7200);
  CHECK(layer.parameters == 7200 + 4 * 3 * 9);
}

TEST_CASE("sizes without bounds are refused or saturate") {
  CHECK(error_of("name: n\ndata: cifar10\nlayers: C1:65536 C2:65536 GAP F3:10\n"
                 "defaults: {C: {kernel: 64, stride: 64, padding: 64}}\n") ==
        "test.yaml:3:18: error: C2: 17592186109952 parameters are too many");
  const Plan plan = plan_of(
      "name: n\ndata: cifar10\nlayers: C1:8 C2:8 C3:8 C4:8 C5:8 C6:8 C7:8 GAP F8:10\n"
      "defaults: {C: {kernel: 64, stride: 64, padding: 64}}\n");
  const LayerSummary last = summarise(plan.graph).back();
  CHECK(last.field.height == std::numeric_limits<int>::max());
}

/// What outputs of a layer see, by its place.
FieldSize field_of(const Plan& plan, std::size_t layer) {
  return summarise(plan.graph).at(layer).field;
}

TEST_CASE("branches see together what lies between their outermost pixels") {
  const std::string head =
      "name: n\ndata: {image_folder: {path: a, channels: 3, height: 31, width: 31, classes: 10}}\n";
  // C2's output o sees the pixel 3 o - 1 and the skip's 3 o, of 11 places each.
  const Plan apart = plan_of(head +
                             "layers: c1:4 c2:4 GAP c3:10\noverrides: {c2: {stride: 3, padding: 1, "
                             "skip: {from: c1, projection: {stride: 3}}}}\n");
  CHECK(field_of(apart, 1) == FieldSize{2, 2});
  // Inside of the 3x3 window lies what the skip sees.
  const Plan inside = plan_of(
      head + "layers: c1:4 C2:4 C3:4 GAP c4:10\noverrides: {C2: {skip: c1}, C3: {skip: c1}}\n");
  CHECK(field_of(inside, 1) == FieldSize{3, 3});
  CHECK(field_of(inside, 2) == FieldSize{5, 5});
  // Two places that see 0 and 30, and 0 and 16: the sum at the second sees 16 to 30.
  const Plan rounded = plan_of(head +
                               "layers: c1:4 c2:4 GAP c3:10\noverrides: {c2: {stride: 30, "
                               "skip: {from: c1, projection: {stride: 16}}}}\n");
  CHECK(field_of(rounded, 1) == FieldSize{15, 15});
  // Places 30 pixels apart, of which each sees 15: three of them see 15 + 2 * 30.
  const Plan behind = plan_of(head +
                              "layers: c1:4 c2:4 C3:4 GAP c4:10\noverrides: {c2: {stride: 30, "
                              "skip: {from: c1, projection: {stride: 16}}}}\n");
  CHECK(field_of(behind, 2) == FieldSize{75, 75});
}

TEST_CASE("what is seen of an image that is not square") {
  const Plan plan = plan_of(
      "name: n\ndata: {image_folder: {path: a, channels: 1, height: 12, width: 20, classes: 10}}\n"
      "layers: C1:4 P2 C3:4 GAP F4:10\n");
  CHECK(field_of(plan, 2) == FieldSize{8, 8});
  // C3's 6x10 outputs, 2 pixels apart, see 8 each: 8 + 5 * 2 and 8 + 9 * 2.
  CHECK(field_of(plan, 3) == FieldSize{18, 26});
  CHECK(field_of(plan, 4) == FieldSize{18, 26});
}

TEST_CASE("sides that differ keep apart") {
  const auto head = [](int height, int width) {
    return "name: n\ndata: {image_folder: {path: a, channels: 1, height: " +
           std::to_string(height) + ", width: " + std::to_string(width) + ", classes: 10}}\n";
  };
  const std::vector<LayerSummary> layers = summarise(
      plan_of(head(12, 20) + "norm: {layer: {affine: element}}\nlayers: C1:4 P2 C3:8 P4 F5:10\n"
                             "overrides: {P4: {kernel: 3, stride: 2}}\n")
          .graph);
  CHECK(layers[0].out == Shape{4, 12, 20});
  CHECK(layers[0].norm_parameters == 2 * 4 * 12 * 20);
  CHECK(layers[1].out == Shape{4, 6, 10});
  CHECK(layers[2].out == Shape{8, 6, 10});
  CHECK(layers[3].out == Shape{8, 2, 4});  // the last column has no whole window
  CHECK(layers[4].parameters == 10 * 8 * 2 * 4 + 10);
  // A window that is too large for one side is told, whichever it is.
  const std::string large = "layers: C1:4 GAP F2:10\noverrides: {C1: {kernel: 7, padding: 0}}\n";
  const std::string told =
      "test.yaml:3:9: error: C1: a kernel that spans 7x7 pixels is larger than "
      "its input of ";
  CHECK(error_of(head(12, 5) + large).starts_with(told + "12x5 "));
  CHECK(error_of(head(5, 12) + large).starts_with(told + "5x12 "));
  const std::string pool = "layers: C1:4 P2 GAP F3:10\noverrides: {P2: {kernel: 7}}\n";
  const std::string no_room =
      "test.yaml:3:14: error: P2: a 7x7 pooling window is larger than its "
      "input of ";
  CHECK(error_of(head(12, 5) + pool) == no_room + "12x5");
  CHECK(error_of(head(5, 12) + pool) == no_room + "5x12");
}

TEST_CASE("norms of single values are refused") {
  const auto error = [](const std::string& layers, const std::string& more) {
    return error_of("name: n\ndata: shapes\nlayers: " + layers + "\n" + more);
  };
  const std::string normed = "overrides: {c2: {block: conv norm relu}}\n";
  const std::string layers = "C1:8 GAP c2:16 F3:10";
  const std::string lost =
      " of its input of 16x1x1 each mean is that of a single value, so subtracting it leaves only "
      "zeros; ";
  CHECK(error(layers, "norm: instance\n" + normed) ==
        "test.yaml:3:18: error: c2: instance norm:" + lost +
            "use batch, layer, group or no norm there");
  CHECK(
      error(
          layers,
          "norm: {group: {groups: 16}}\noverrides: {c2: {block: conv norm}, C1: {norm: none}}\n") ==
      "test.yaml:3:18: error: c2: group norm (16 groups):" + lost +
          "use fewer than 16 groups, batch norm, or no norm");
  CHECK(
      error("C1:8 GAP c2:1 F3:10", "norm: layer\n" + normed) ==
      "test.yaml:3:18: error: c2: layer norm: of its input of 1x1x1 each mean is that of a single "
      "value, so subtracting it leaves only zeros; use batch norm or no norm there");
  CHECK(error("C1:8 GAP c2:16 c3:16 F4:10",
              "overrides: {c3: {skip: {from: c2, projection: {norm: instance}}}}\n") ==
        "test.yaml:3:24: error: c3.skip: instance norm:" + lost +
            "use batch, layer, group or no norm there");
  plan_of("name: n\ndata: shapes\nnorm: batch\nlayers: " + layers + "\n" + normed);
  plan_of("name: n\ndata: shapes\nnorm: {group: {groups: 8}}\nlayers: " + layers + "\n" + normed);
  plan_of("name: n\ndata: shapes\nnorm: layer\nlayers: " + layers + "\n" + normed);
}

TEST_CASE("a mean over what a norm has centred is refused") {
  CHECK(
      error_of(
          "name: n\ndata: shapes\nnorm: instance\nblock: conv norm\nlayers: C1:8 GAP c2:10\n") ==
      "test.yaml:5:14: error: GAP: the mean over all pixels of what the instance norm of C1 "
      "gives is "
      "its shift, whatever the images are; put an activation after that norm, or use another norm");
  plan_of("name: n\ndata: shapes\nnorm: instance\nlayers: C1:8 GAP c2:10\n");
  plan_of("name: n\ndata: shapes\nnorm: batch\nblock: conv norm\nlayers: C1:8 GAP c2:10\n");
}

TEST_CASE("a projection goes without its bias where the spec says so") {
  const auto projected = [](const std::string& settings) {
    const Plan plan = plan_of(
        "name: n\ndata: shapes\nlayers: C1:4 C2:8 GAP c3:10\n"
        "overrides: {C2: {skip: {from: C1, projection: {" +
        settings + "}}}}\n");
    std::string names;
    for (const Node& node : plan.graph.nodes) {
      for (const Tensor& tensor : node.parameters) {
        if (tensor.name.starts_with("C2.skip")) names += tensor.name + " ";
      }
    }
    return names;
  };
  CHECK(projected("bias: false") == "C2.skip.conv.weight ");
  CHECK(projected("bias: auto") == "C2.skip.conv.weight C2.skip.conv.bias ");
  CHECK(projected("norm: {batch: {affine: none}}") == "C2.skip.conv.weight ");
  CHECK(projected("norm: {batch: {affine: none}}, bias: true") ==
        "C2.skip.conv.weight C2.skip.conv.bias ");
  const Spec with = spec_of(
      "name: n\ndata: shapes\nlayers: C1:4 C2:8 GAP c3:10\n"
      "overrides: {C2: {skip: {from: C1, projection: true}}}\n");
  CHECK(with.layers[1].skip->projection->bias);
}

TEST_CASE("multiply-adds and receptive fields") {
  const Plan plan = plan_of("name: n\ndata: cifar10\nlayers: C1:8 P1 D2 c3:4 GAP F4:10\n");
  const std::vector<LayerSummary> layers = summarise(plan.graph);
  CHECK(layers[0].macs == 8 * 32 * 32 * 3 * 9);
  CHECK(layers[0].field == FieldSize{3, 3});
  CHECK(layers[1].field == FieldSize{4, 4});
  CHECK(layers[2].macs == 8 * 16 * 16 * 9);
  CHECK(layers[2].field == FieldSize{8, 8});
  CHECK(layers[3].macs == 4 * 8 * 16 * 16);
  CHECK(layers[5].macs == 40);
}

TEST_CASE("a norm and its activation are one operation, others are not") {
  const Plan fused = plan_of("name: n\ndata: shapes\nnorm: batch\nlayers: C1:4 GAP c2:10\n");
  CHECK(fused.graph.nodes.size() == 5);  // conv, norm with ReLU, GAP, conv, loss
  const Plan apart = plan_of(
      "name: n\ndata: shapes\nnorm: batch\nactivation: gelu\nblock: conv act norm\n"
      "layers: C1:4 GAP c2:10\n");
  CHECK(apart.graph.nodes.size() == 6);
  const Plan skip = plan_of(
      "name: n\ndata: shapes\nnorm: batch\nlayers: C1:4 C2:4 GAP c3:10\n"
      "overrides: {C2: {skip: C1}}\n");
  CHECK(skip.graph.nodes.size() == 9);  // the sum stands between C2's norm and its ReLU
}

/// The operations forward of the first of two layers with this block.
std::string forward_of_block(const std::string& block, const std::string& activation = "relu") {
  const std::string text =
      to_text(plan_of("name: n\ndata: shapes\nnorm: batch\ndropout: 0.1\n"
                      "activation: " +
                      activation + "\nblock: " + block + "\nlayers: C1:4 C2:10 GAP\n"));
  std::string names;
  std::istringstream lines(text);
  std::string number, name, action, rest;
  while (lines >> number >> name >> action && name.starts_with("C1_")) {
    names += (names.empty() ? "" : " ") + name;
    std::getline(lines, rest);
  }
  return names;
}

TEST_CASE("a norm, its activation and its dropout are one operation") {
  CHECK(forward_of_block("conv norm act dropout") == "C1_conv C1_norm+C1_dropout");
  CHECK(forward_of_block("conv norm dropout act") == "C1_conv C1_norm+C1_dropout");  // ReLU first
  CHECK(forward_of_block("conv norm dropout act", "gelu") ==
        "C1_conv C1_norm+C1_dropout C1_activation");
  CHECK(forward_of_block("conv dropout norm act") == "C1_conv C1_dropout C1_norm");
  CHECK(forward_of_block("conv act dropout norm", "gelu") ==
        "C1_conv C1_activation C1_dropout C1_norm");
  // The dropout behind the norm is the next layer's.
  CHECK(forward_of_block("dropout conv norm act") == "C1_dropout C1_conv C1_norm");
}

TEST_CASE("each dropout of a network has a stream of its own") {
  const Graph graph = lower(
      spec_of("name: n\ndata: shapes\ndropout: 0.1\nlayers: C1:4 C2:4 P1 GAP c3:10\n"
              "overrides: {P1: {dropout: {rate: 0.2, kind: channel}}, c3: {dropout: 0.3}}\n"));
  std::string found;
  for (const Node& node : graph.nodes) {
    if (const auto* one = std::get_if<Dropout>(&node.op)) {
      found += node.layer + " " + std::to_string(one->index) + ", ";
    }
  }
  CHECK(found == "C1 0, C2 1, P1 2, c3 3, ");
}

// A residual network's block that halves the image: C4 and C5, and C3 beside them.
const char* const kResidual = R"(name: n
data: cifar10
norm: batch
layers: C1:8 C2:8 C3:8 C4:16 C5:16 GAP c6:10
overrides:
  C4: {stride: 2}
  C5: {skip: {from: C3, projection: {stride: 2, norm: {group: {groups: 2}}}}}
)";

const Node& node_of(const Graph& graph, std::string_view name) {
  for (const Node& node : graph.nodes) {
    if (node.name == name) return node;
  }
  FAIL("no node " << name);
  return graph.nodes.front();
}

TEST_CASE("a projection on a skip counts with the layer that has the skip") {
  const Plan plan = plan_of(kResidual);
  const LayerSummary layer = summarise(plan.graph)[4];
  CHECK(layer.name == "C5");
  CHECK(layer.kind ==
        "3x3 conv 16, batch norm, skip 1x1 conv 16 /2, skip group norm (2 groups), add C3, relu");
  CHECK(layer.out == Shape{16, 16, 16});
  CHECK(layer.parameters == 16 * 16 * 9 + 2 * 16 + 16 * 8 + 2 * 16);
  CHECK(layer.norm_parameters == 2 * 16 + 2 * 16);
  CHECK(layer.macs == 16 * 16 * 16 * (16 * 9 + 8));
  CHECK(layer.field == FieldSize{13, 13});  // 7 + 2 + 2 * 2: the longer way: C4's and C5's kernels
  const Node& conv = node_of(plan.graph, "C5_skip_conv");
  REQUIRE(conv.parameters.size() == 1);  // no bias before a norm
  CHECK(conv.parameters[0].name == "C5.skip.conv.weight");
  CHECK(conv.parameters[0].shape == std::vector<int>{16, 8, 1, 1});
  CHECK(node_of(plan.graph, "C5_skip_norm").parameters[1].name == "C5.skip.norm.bias");
}

TEST_CASE("a projection without a norm has a bias, and starts as its layer does") {
  const Plan plan = plan_of(
      "name: n\ndata: cifar10\nlayers: C1:4 C2:6 GAP c3:10\n"
      "overrides: {C2: {skip: {from: C1, projection: true}, init: xavier}}\n");
  const Node& conv = node_of(plan.graph, "C2_skip_conv");
  REQUIRE(conv.parameters.size() == 2);
  CHECK(conv.parameters[0].bound == Approx(std::sqrt(6.0 / (4 + 6))));
  CHECK(conv.parameters[1].bound == Approx(1 / std::sqrt(4.0)));
}

TEST_CASE("a skip of a block that begins with its activation is added at its end") {
  const std::string text =
      "name: n\ndata: cifar10\nlayers: C1:8 C3:16 GAP c4:10\nnorm: batch\n"
      "block: norm relu conv\noverrides: {C3: {skip: ";
  CHECK(error_of(text + "C1}}\n").find("16x32x32 and 8x32x32") != std::string::npos);
  const Plan plan = plan_of(text + "{from: C1, projection: true}}}\n");
  CHECK(node_of(plan.graph, "C3_skip_conv").out == Shape{16, 32, 32});
  CHECK(node_of(plan.graph, "C3_add").out == Shape{16, 32, 32});
}

TEST_CASE("initial weights are uniform in the bounds of PyTorch's functions") {
  const Plan plan = plan_of(
      "name: n\ndata: cifar10\nlayers: C1:6 C2:8 C3:8 F4:10\n"
      "overrides: {C2: {init: xavier, groups: 2, bias: true}, C3: {init: dirac},\n"
      "  F4: {init: xavier}}\n");
  const auto weight = [&](const char* name) { return node_of(plan.graph, name).parameters[0]; };
  CHECK(weight("C1_conv").bound == Approx(1 / std::sqrt(3.0 * 9)));
  // torch.nn.init.xavier_uniform_: fans are shape[1] and shape[0] times the kernel's pixels.
  CHECK(weight("C2_conv").bound == Approx(std::sqrt(6.0 / (3 * 9 + 8 * 9))));
  CHECK(node_of(plan.graph, "C2_conv").parameters[1].bound == Approx(1 / std::sqrt(3.0 * 9)));
  CHECK(weight("C3_conv").bound == Approx(1 / std::sqrt(8.0 * 9)));
  CHECK(weight("C3_conv").dirac);
  CHECK_FALSE(weight("C2_conv").dirac);
  CHECK(weight("F4_linear").bound == Approx(std::sqrt(6.0 / (8 * 32 * 32 + 10))));
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
  const auto residual_error = [](const std::string& skip) {
    std::string text = kResidual;
    const std::string before = "projection: {stride: 2, norm: {group: {groups: 2}}}";
    return error_of(text.replace(text.find(before), before.size(), skip));
  };
  const std::string shapes =
      "test.yaml:4:30: error: C5: skip: the sum's two inputs have the shapes 16x16x16 and ";
  CHECK(residual_error("sum: before_activation") ==
        shapes + "8x32x32; they must agree (give the skip 'projection: {stride: 2}')");
  CHECK(residual_error("projection: true") ==
        shapes + "16x32x32; they must agree (write 'projection: {stride: 2}')");
  CHECK(residual_error("projection: {stride: 3}") ==
        shapes + "16x11x11; they must agree (the projection's stride of 3 is too large)");
  CHECK(residual_error("projection: {stride: 2, norm: {group: {groups: 3}}}") ==
        "test.yaml:4:30: error: C5.skip: group norm: 3 groups do not divide 16 channels");
}

}  // namespace
}  // namespace castnet::codegen
