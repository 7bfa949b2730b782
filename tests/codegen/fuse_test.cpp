// What the passes fuse, and what not.
#include <algorithm>

#include "core_specs.hpp"

namespace castnet::codegen {
namespace {

/// The operations of forward, e.g. "C1_conv C1_activation loss".
std::string forward_of(const std::string& text) {
  std::string names;
  for (const Node& node : plan_of(kHead + text).graph.nodes) {
    names += (names.empty() ? "" : " ") + node.name;
    for (const Node& one : node.fused) names += "+" + one.name;
  }
  return names;
}

TEST_CASE("a max pooling is fused with the 1x1 convolution before it") {
  CHECK(forward_of("layers: c1:4 P2 GAP c3:10\n") ==
        "c1_conv+P2_pool GAP_global_pool c3_conv loss");
  CHECK(forward_of("layers: c1:4 P2 GAP c3:10\noverrides: {c1: {bias: true}, P2: {kernel: 3, "
                   "stride: 3}}\n") == "c1_conv+P2_pool GAP_global_pool c3_conv loss");
}

TEST_CASE("a max pooling stays an operation of its own where fusing it does not fit") {
  const std::string apart = "c1_conv P2_pool GAP_global_pool c3_conv loss";
  const std::string layers = "layers: c1:4 P2 GAP c3:10\noverrides: ";
  CHECK(forward_of(layers + "{c1: {kernel: 3}}\n") == apart);
  CHECK(forward_of(layers + "{c1: {stride: 2}}\n") == apart);
  CHECK(forward_of(layers + "{c1: {padding: 1}}\n") == apart);
  CHECK(forward_of(layers + "{P2: {pool: average}}\n") == apart);
  CHECK(forward_of(layers + "{P2: {kernel: 3, stride: 2}}\n") == apart);
  CHECK(forward_of(layers + "{P2: {padding: 1}}\n") == apart);
  CHECK(forward_of(layers + "{P2: {kernel: 17, stride: 17}}\n") == apart);
  CHECK(forward_of("layers: c1:682 P2 GAP c3:10\n") != apart);
  CHECK(forward_of("layers: c1:683 P2 GAP c3:10\n") == apart);  // 3 x 683 pairs of channels
  CHECK(forward_of("layers: c1:6 c2:4 P3 GAP c4:10\noverrides: {c2: {groups: 2}}\n") ==
        "c1_conv c2_conv P3_pool GAP_global_pool c4_conv loss");
}

TEST_CASE("a max pooling stays an operation of its own where the convolution has other readers") {
  const std::string fused =
      forward_of("layers: c1:4 P2 C3:4 GAP c4:10\noverrides: {C3: {skip: P2}}\n");
  CHECK(fused.find("c1_conv+P2_pool ") == 0);
  const std::string apart = forward_of(
      "layers: c1:4 P2 C3:4 GAP c4:10\n"
      "overrides: {C3: {skip: {from: c1, projection: {stride: 2}}}}\n");
  CHECK(apart.find("c1_conv P2_pool ") == 0);
  CHECK(forward_of(
            "layers: c1:4 P2 GAP c3:10\noverrides: {c1: {block: conv act, activation: gelu}}\n")
            .find("+P2_pool") == std::string::npos);
}

TEST_CASE("ReLU and leaky ReLU are fused with the convolution before them") {
  const std::string block = "block: conv act norm dropout\nlayers: C1:4 GAP c2:10\n";
  const std::string rest = " GAP_global_pool c2_conv loss";
  CHECK(forward_of(block + "activation: relu\n") == "C1_conv+C1_activation" + rest);
  CHECK(forward_of(block + "activation: {leaky_relu: {slope: 0.2}}\n") ==
        "C1_conv+C1_activation" + rest);
  CHECK(forward_of(block + "norm: batch\ndropout: 0.1\noverrides: {c2: {dropout: 0}}\n") ==
        "C1_conv+C1_activation C1_norm+C1_dropout" + rest);
  // The others' derivatives need the value before them; ReLU of a sum is not the convolution's.
  CHECK(forward_of(block + "activation: gelu\n") == "C1_conv C1_activation" + rest);
  CHECK(forward_of(block + "activation: silu\n") == "C1_conv C1_activation" + rest);
  CHECK(forward_of("layers: C1:4 C2:4 GAP c3:10\noverrides: {C2: {skip: C1}}\n") ==
        "C1_conv+C1_activation C2_conv C2_add C2_activation GAP_global_pool c3_conv loss");
  CHECK(forward_of("block: act conv\nlayers: C1:4 C2:4 GAP c3:10\n")
            .find("C1_activation C1_conv C2_activation C2_conv") == 0);  // another layer's
}

TEST_CASE(
    "a fused activation works backward before the weights, in place where nobody else reads") {
  const auto backward_of = [](const std::string& text) {
    const std::string plan = to_text(plan_of(kHead + text));
    const std::size_t first = plan.find("C1_conv+C1_activation backward ");
    REQUIRE(first != std::string::npos);
    return plan.substr(first, plan.find("buffer ") - first);
  };
  const std::string alone = backward_of("layers: C1:4 C2:4 GAP c3:10\n");
  CHECK(alone.find("C1_conv+C1_activation backward dy=d_C1_activation y=C1_activation "
                   "scratch=>d_C1_conv_sums dz=>d_C1_conv (in d_C1_activation)\n") == 0);
  CHECK(alone.find(
            "C1_conv+C1_activation backward_weight dy=d_C1_conv (in d_C1_activation) x=input") !=
        std::string::npos);
  // C3's sum gives its gradient to C1's convolution as it is, and to C2's.
  const std::string shared =
      to_text(plan_of(kHead + "layers: C1:4 C2:4 C3:4 GAP c4:10\n"
                              "overrides: {C3: {skip: {from: C2, sum: after_block}}}\n"));
  CHECK(shared.find("C3_conv+C3_activation backward dy=d_C3_activation (in d_C3_add) "
                    "y=C3_activation scratch=>d_C3_conv_sums dz=>d_C3_conv\n") !=
        std::string::npos);
  CHECK(shared.find("C3_conv+C3_activation backward_data dy=d_C3_conv ") != std::string::npos);
}

TEST_CASE("a fused activation's derivative counts as no multiply-adds") {
  const LayerWork work =
      layer_work(plan_of(kHead + "layers: C1:4 C2:4 GAP c3:10\ntrain: {batch: 16}\n"))[1];
  CHECK(work.layer == "C2");
  CHECK(work.forward.macs == 16 * 4 * 4 * 9 * 1024);
  CHECK(work.backward.macs == 2 * work.forward.macs);
  CHECK(work.forward.bytes == 4 * 2 * 16 * 4 * 1024);
}

TEST_CASE("a fused pooling keeps its row, its receptive field, and the name of its output") {
  const Plan plan = plan_of(kHead + "layers: C1:4 c2:8 P3 C4:4 GAP c5:10\n");
  const std::vector<LayerSummary> rows = summarise(plan.graph);
  REQUIRE(rows.size() == 6);
  CHECK(rows[1].name == "c2");
  CHECK(rows[1].kind == "1x1 conv 8 + bias");
  CHECK(rows[1].out == Shape{8, 32, 32});
  CHECK(rows[1].macs == 4 * 8 * 32 * 32);
  CHECK(rows[1].activation_bytes == 0);
  CHECK(rows[2].name == "P3");
  CHECK(rows[2].kind == "2x2 max pool, fused with c2");
  CHECK(rows[2].out == Shape{8, 16, 16});
  CHECK(rows[2].field == FieldSize{4, 4});
  CHECK(rows[2].activation_bytes == 4 * 8 * 16 * 16);
  CHECK(rows[3].field == FieldSize{8, 8});
  std::string names;
  for (const Buffer& buffer : plan.buffers) names += " " + buffer.name;
  CHECK(names.find(" P3_pool ") != std::string::npos);
  CHECK(names.find(" d_P3_pool ") != std::string::npos);
  CHECK(names.find("c2_conv ") == std::string::npos);
  const auto saved = std::ranges::find(plan.buffers, "c2_conv_saved", &Buffer::name);
  REQUIRE(saved != plan.buffers.end());
  CHECK(saved->number == Number::bytes);
  CHECK(saved->elements * 4 == std::int64_t{plan.graph.batch} * 8 * 16 * 16);
}

TEST_CASE("the work of a fused pooling counts for its convolution's layer") {
  const Plan plan = plan_of(kHead + "layers: c1:4 P2 GAP c3:10\ntrain: {batch: 16}\n");
  const std::vector<LayerWork> work = layer_work(plan);
  REQUIRE(work.size() == 4);
  CHECK(work[0].layer == "c1");
  const std::int64_t input = 16 * 3 * 1024, pooled = 16 * 4 * 256;
  CHECK(work[0].forward == Work{16 * 3 * 4 * 1024, 4 * input + 4 * pooled + pooled});
}

/// The norms that are computed where they are read, e.g. "C1_norm C2_norm".
std::string on_read_of(const std::string& text) {
  std::string names;
  for (const Node& node : plan_of(kHead + text).graph.nodes) {
    if (node.on_read) names += (names.empty() ? "" : " ") + node.name;
  }
  return names;
}

TEST_CASE("a norm is computed where a fused convolution and pooling alone reads it") {
  const std::string layers = "layers: C1:4 c2:4 P3 C4:4 GAP c5:10\n";
  CHECK(on_read_of(layers + "norm: batch\n") == "C1_norm");
  CHECK(on_read_of(layers + "norm: {group: {groups: 2}}\n") == "C1_norm");
  CHECK(on_read_of(layers + "norm: {layer: {affine: channel}}\n") == "C1_norm");
  CHECK(on_read_of(layers + "norm: batch\nactivation: {leaky_relu: {slope: 0.2}}\n") == "C1_norm");
  CHECK(on_read_of(layers + "norm: batch\nblock: conv norm\n") == "C1_norm");
}

TEST_CASE("a norm is stored where computing it on reading does not fit or does not pay") {
  const std::string layers = "layers: C1:4 c2:4 P3 C4:4 GAP c5:10\n";
  CHECK(on_read_of(layers + "norm: {layer: {affine: element}}\n").empty());
  CHECK(on_read_of(layers + "norm: batch\nactivation: silu\n").empty());
  CHECK(on_read_of(layers + "norm: batch\nactivation: gelu\n").empty());
  CHECK(on_read_of(layers + "norm: batch\ndropout: 0.1\n").empty());
  CHECK(on_read_of("layers: C1:4 c2:4 C3:4 GAP c4:10\nnorm: batch\n").empty());
  // C4 reads C1's output, too.
  CHECK(on_read_of("layers: C1:4 c2:4 P3 C4:4 GAP c5:10\nnorm: batch\n"
                   "overrides: {C4: {skip: {from: C1, projection: {stride: 2}}}}\n")
            .empty());
  // The last feature map, which Grad-CAM looks at: what follows leaves one pixel.
  CHECK(on_read_of("layers: C1:4 P2 P3 P4 P5 C6:4 c7:10 P8\nnorm: batch\n").empty());
}

TEST_CASE("a norm computed where it is read takes no memory but its statistics") {
  const Plan plan = plan_of(kHead +
                            "layers: C1:4 c2:4 P3 C4:4 GAP c5:10\nnorm: batch\n"
                            "train: {batch: 16}\n");
  const std::string text = to_text(plan);
  CHECK(text.find("C1_norm statistics x=C1_conv saved=>C1_norm_saved scratch=>C1_norm_sums\n") !=
        std::string::npos);
  CHECK(text.find("c2_conv+P3_pool forward x=C1_conv moments=C1_norm_saved ") != std::string::npos);
  CHECK(text.find("c2_conv+P3_pool backward_weight dy=d_P3_pool x=C1_conv "
                  "moments=C1_norm_saved saved=c2_conv_saved ") != std::string::npos);
  CHECK(text.find("C1_norm backward dy=d_C1_norm x=C1_conv saved=C1_norm_saved ") !=
        std::string::npos);
  CHECK(text.find("buffer C1_norm ") == std::string::npos);
  CHECK(summarise(plan.graph)[0].activation_bytes == 4 * 4 * 1024);  // of the convolution
  CHECK(layer_work(plan)[0].forward.bytes ==
        4 * (16 * (3 + 4 + 4) * 1024 + 8 + 8));  // images, twice C1_conv, statistics and sums
}

}  // namespace
}  // namespace castnet::codegen
