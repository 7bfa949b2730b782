// The networks of the reference reports: output size and parameters of every layer. The totals, the
// sizes of 001 and 003, and the norms' counts are the authors' own printed summaries.
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "../catch.hpp"
#include "analysis/summary.hpp"
#include "layers/layer_type.hpp"
#include "spec/parse.hpp"
#include "targets/target.hpp"

using namespace castnet::codegen;

namespace {

std::vector<Spec> seeds(const std::string& name) {
  const std::string path = std::string(CASTNET_SOURCE_DIR) + "/specs/seeds/" + name + ".yaml";
  std::ifstream file(path);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  const ParseResult result = parse_spec(text.str(), path);
  for (const Diagnostic& error : result.errors) UNSCOPED_INFO(format(error));
  REQUIRE(result.errors.empty());
  return result.specs;
}

/// `name output parameters` of every layer, then the total.
std::string table(const Spec& spec) {
  const Compiled compiled = compile(spec);
  REQUIRE(compiled.errors.empty());
  std::vector<LayerSummary> layers = summarise(compiled.plan.graph);
  std::string text;
  for (const LayerSummary& layer : layers) {
    text += fmt::format("{} {} {}\n", layer.name, to_text(layer.out), layer.parameters);
  }
  return text + fmt::format("total {}\n", total(layers).parameters);
}

/// Scale and shift of the norms, in order of the layers.
std::vector<std::int64_t> norms(const Spec& spec) {
  std::vector<std::int64_t> counts;
  for (const LayerSummary& layer : summarise(compile(spec).plan.graph)) {
    if (layer.norm_parameters > 0) counts.push_back(layer.norm_parameters);
  }
  return counts;
}

}  // namespace

TEST_CASE("seed 000: CIFAR-10, 12 and 15 base channels", "[codegen][seeds]") {
  const auto specs = seeds("cifar10_norms");
  REQUIRE(specs.size() == 3);
  CHECK(table(specs[0]) ==
        "C1 12x32x32 360\nC2 12x32x32 1332\nc3 12x32x32 156\nP1 12x16x16 0\n"
        "C4 24x16x16 2664\nC5 24x16x16 5256\nC6 24x16x16 5256\nc7 24x16x16 600\nP2 24x8x8 0\n"
        "C8 24x8x8 5256\nC9 24x8x8 5256\nC10 24x8x8 5256\nGAP 24x1x1 0\nc11 10x1x1 250\n"
        "total 31642\n");
  const std::string wide =
      "C1 15x32x32 450\nC2 15x32x32 2070\nc3 15x32x32 240\nP1 15x16x16 0\n"
      "C4 30x16x16 4140\nC5 30x16x16 8190\nC6 30x16x16 8190\nc7 30x16x16 930\nP2 30x8x8 0\n"
      "C8 30x8x8 8190\nC9 30x8x8 8190\nC10 30x8x8 8190\nGAP 30x1x1 0\nc11 10x1x1 310\n"
      "total 49090\n";
  CHECK(table(specs[1]) == wide);
  CHECK(table(specs[2]) == wide);
}

TEST_CASE("seed 001: CIFAR-10, three variants under 50,000", "[codegen][seeds]") {
  const auto specs = seeds("cifar10_variants");
  REQUIRE(specs.size() == 3);
  CHECK(table(specs[0]) ==
        "C1 16x32x32 464\nC2 32x32x32 4672\nc3 8x34x34 256\nP1 8x17x17 0\n"
        "C4 16x15x15 1184\nC5 32x13x13 4672\nC6 64x11x11 18560\nc7 8x11x11 512\nP2 8x5x5 0\n"
        "C8 16x5x5 1184\nC9 32x5x5 4672\nC10 32x5x5 9280\nGAP 32x1x1 0\nc11 10x1x1 320\n"
        "total 45776\n");
  CHECK(total(summarise(compile(specs[0]).plan.graph)).statistics ==
        2 * (16 + 32 + 16 + 32 + 64 + 16 + 32 + 32));  // running statistics, counted apart
  CHECK(table(specs[1]) ==
        "C1 16x30x30 464\nC2 32x28x28 4672\nc3 8x28x28 256\nP1 8x14x14 0\n"
        "C4 16x14x14 1184\nC5 32x14x14 4672\nC6 64x14x14 18560\nc7 8x14x14 512\nP2 8x7x7 0\n"
        "C8 16x7x7 1184\nC9 32x7x7 4672\nC10 32x5x5 9280\nGAP 32x1x1 0\nc11 10x1x1 320\n"
        "total 45776\n");
  CHECK(table(specs[2]) ==
        "C1 4x30x30 7308\nC2 4x28x28 6416\nc3 4x28x28 16\nP1 4x14x14 0\n"
        "C4 8x14x14 3424\nC5 16x14x14 7424\nC6 16x14x14 8576\nc7 8x14x14 128\nP2 8x7x7 0\n"
        "C8 16x7x7 2720\nC9 16x7x7 3872\nC10 32x5x5 6208\nGAP 32x1x1 0\nc11 10x1x1 320\n"
        "total 46412\n");
  CHECK(norms(specs[2]) ==
        std::vector<std::int64_t>{7200, 6272, 3136, 6272, 6272, 1568, 1568, 1600});
}

TEST_CASE("seed 003: MNIST, affine per element, per channel", "[codegen][seeds]") {
  const auto specs = seeds("mnist_l1");
  REQUIRE(specs.size() == 3);
  const std::string narrow =
      "C1 16x26x26 176\nC2 32x24x24 4672\nc3 10x24x24 320\nP1 10x12x12 0\nC4 12x10x10 1104\n"
      "C5 12x8x8 1320\nC6 12x6x6 1320\nC7 16x6x6 1760\nP2 16x1x1 0\nc8 10x1x1 160\ntotal 10832\n";
  CHECK(table(specs[0]) == narrow);
  CHECK(table(specs[1]) == narrow);
  CHECK(table(specs[2]) ==
        "C1 16x26x26 21776\nC2 32x24x24 41472\nc3 10x24x24 320\nP1 10x12x12 0\nC4 12x10x10 3480\n"
        "C5 12x8x8 2832\nC6 12x6x6 2160\nC7 16x6x6 2880\nP2 16x1x1 0\nc8 10x1x1 160\n"
        "total 75080\n");
  CHECK(norms(specs[2]) == std::vector<std::int64_t>{21632, 36864, 2400, 1536, 864, 1152});
}

TEST_CASE("seeds 002 and 004 keep their limits", "[codegen][seeds]") {
  for (const Spec& spec : seeds("cifar10_baseline")) {
    CHECK(total(summarise(compile(spec).plan.graph)).parameters < 50'000);
    CHECK(spec.train.epochs <= 20);
    CHECK(spec.train.early_stopping.has_value());
  }
  for (const Spec& spec : seeds("mnist_norms")) {
    CHECK(spec.train.epochs == 20);
    CHECK(spec.train.optimizer.l1.factor ==
          (spec.layers.front().norm.kind == NormKind::batch ? 1e-4 : 0));
  }
}
