// Specs that parse: the examples, and what defaults, overrides, variants and --set make of a layer.
#include <fstream>
#include <sstream>
#include <string>

#include "../catch.hpp"
#include "spec/parse.hpp"
#include "support.hpp"

namespace {

using namespace castnet::codegen;
using enum BlockStep;

std::vector<Spec> parse_file(const std::string& path) {
  std::ifstream file(CASTNET_SOURCE_DIR "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return parse(text.str());
}

/// A spec around the lines of interest.
std::vector<LayerSpec> layers(const std::string& lines) {
  return parse("name: x\ndata: cifar10\n" + lines).front().layers;
}

/// Trainable parameters of a chain of ungrouped convolutions with channel affines, by hand.
int parameters(const Spec& spec) {
  int channels = spec.data.channels.count;
  int total = 0;
  for (const LayerSpec& layer : spec.layers) {
    if (layer.kind != LayerKind::convolution) continue;
    total += layer.kernel * layer.kernel * channels * layer.out_channels;
    total += (layer.bias ? 1 : 0) * layer.out_channels;
    total += (layer.norm.kind == NormKind::none ? 0 : 2) * layer.out_channels;
    channels = layer.out_channels;
  }
  return total;
}

}  // namespace

TEST_CASE("the design's example parses", "[spec]") {
  const auto specs = parse(R"(
name: cifar10_batch
data: cifar10                      # a comment
layers: C1:12 C2:12 c3:12 P1 C4:24 C5:24 C6:24 c7:24 P2 C8:24 C9:24 C10:24 GAP c11:10
norm: batch
block: conv norm relu dropout
budget: {parameters: 50000}
train:
  epochs: 20
  batch: 128
  seed: 1
  optimizer: {sgd: {momentum: 0.9, nesterov: true, weight_decay: 5e-4, l1: 0}}
  schedule: {one_cycle: {peak: 0.2, warmup: 0.25}}
  augment: [{crop: 4}, flip]
variants:
  group: {norm: {group: {groups: 4}}}
  layer: {norm: {layer: {affine: channel}}}
)");
  REQUIRE(specs.size() == 3);
  CHECK(specs[0].name == "cifar10_batch");
  CHECK(specs[1].name == "cifar10_batch_group");
  CHECK(specs[2].name == "cifar10_batch_layer");
  CHECK(specs[2].variant == "layer");
  CHECK(specs[1].layers[0].norm.kind == NormKind::group);
  CHECK(specs[1].layers[0].norm.groups == 4);
  CHECK(specs[0].budget.parameters == 50000);
  CHECK(specs[0].data.image() == Shape{3, 32, 32});
  CHECK(specs[0].train.augment.crop == CropSpec{4, Border::reflect});
  CHECK(specs[0].train.augment.flip == Flip::random);
  CHECK(specs[0].train.optimizer.weight_decay == PenaltySpec{.factor = 5e-4, .on = {}});
  CHECK(specs[0].train.schedule.kind == ScheduleKind::one_cycle);
  CHECK(specs[0].train.schedule.rate == 0.2);

  const LayerSpec& c4 = specs[0].layers[4];
  CHECK(c4.name == "C4");
  CHECK(c4.where == Location{"spec.yaml", 4, 30});
  CHECK(c4.out_channels == 24);
  CHECK(c4.kernel == 3);
  CHECK(c4.padding == 1);
  CHECK_FALSE(c4.bias);
  CHECK(c4.block == std::vector{core, norm, activation});
  const LayerSpec& c3 = specs[0].layers[2];
  CHECK(c3.block == std::vector{core});
  CHECK(c3.bias);
  CHECK(c3.norm.kind == NormKind::none);
  CHECK(c3.activation.kind == ActivationKind::none);
}

TEST_CASE("the shipped specs parse and keep their budgets", "[spec]") {
  const auto cifar10 = parse_file("specs/cifar10.yaml");
  REQUIRE(cifar10.size() == 3);
  CHECK(parameters(cifar10[0]) == 49'562);
  CHECK(parameters(cifar10[1]) == 49'562);
  CHECK(cifar10[0].train.optimizer.kind == OptimizerKind::muon);
  CHECK(cifar10[0].train.optimizer.rates.size() == 3);
  CHECK(cifar10[0].train.schedule.rate == 0.05);
  CHECK(cifar10[2].layers[0].norm.kind == NormKind::layer);
  const auto mnist = parse_file("specs/mnist.yaml");
  REQUIRE(mnist.size() == 3);
  CHECK(parameters(mnist[0]) < 20'000);
  CHECK(mnist[0].train.augment.crop == CropSpec{2, Border::zero});
  CHECK(mnist[0].train.augment.flip == Flip::none);
}

TEST_CASE("more particular settings win", "[spec]") {
  const auto l = layers(R"(
layers: [C1:8 C2:8, D3 P4 c5:8 C6 GAP F7:10]
norm: {batch: {momentum: 0.2}}
activation: {leaky_relu: {slope: 0.1}}
dropout: {rate: 0.1, kind: channel}
defaults:
  C: {bias: true, channels: 4}
  P: {pool: average, kernel: 3, stride: 2, padding: 1, dropout: 0.3}
overrides:
  C2: {norm: none, dilation: 2, activation: gelu, skip: C1}
  D3: {block: norm silu conv, stride: 2}
  c5: {block: conv norm act, skip: {from: P4, sum: after_block}}
  C6: {channels: 16, groups: 4, padding: 0, dropout: 0, bias: auto}
  F7: {dropout: 0.5}
)");
  REQUIRE(l.size() == 8);
  CHECK(l[0].block == std::vector{core, norm, activation, dropout});
  CHECK(l[0].norm.momentum == 0.2);
  CHECK(l[0].activation == ActivationSpec{ActivationKind::leaky_relu, 0.1});
  CHECK(l[0].dropout == DropoutSpec{0.1, DropoutKind::channel});
  CHECK(l[0].bias);
  CHECK(l[0].out_channels == 8);
  CHECK(l[1].block == std::vector{core, activation, dropout});
  CHECK(l[1].padding == 2);
  CHECK(l[1].activation.kind == ActivationKind::gelu);
  CHECK(l[1].skip == SkipSpec{"C1", SkipPlace::before_activation, std::nullopt});
  CHECK(l[2].kind == LayerKind::depthwise);
  CHECK(l[2].block == std::vector{norm, activation, core});
  CHECK(l[2].activation.kind == ActivationKind::silu);
  CHECK(l[2].padding == 1);
  CHECK(l[3].pool == PoolKind::average);
  CHECK(l[3].kernel == 3);
  CHECK(l[3].padding == 1);
  CHECK(l[3].dropout.rate == 0.3);
  CHECK(l[4].block == std::vector{core, norm, activation});
  CHECK(l[4].skip->place == SkipPlace::after_block);
  CHECK(l[5].out_channels == 16);
  CHECK(l[5].groups == 4);
  CHECK(l[5].block == std::vector{core, norm, activation});
  CHECK_FALSE(l[5].bias);
  CHECK(l[6].kind == LayerKind::global_pool);
  CHECK(l[7].block == std::vector{core, dropout});
  CHECK(l[7].bias);
}

TEST_CASE("layers that need no settings", "[spec]") {
  const auto l = layers(
      "layers: \"C1:8 P2 F3:10\"\nblock: conv relu norm\nactivation: none\n"
      "defaults: {C: {activation: silu, stride: 2}}\n");
  CHECK(l[0].where == Location{"spec.yaml", 3, 10});
  CHECK(l[1].where == Location{"spec.yaml", 3, 15});
  CHECK(l[0].activation.kind == ActivationKind::silu);
  CHECK(l[0].stride == 2);
  CHECK(l[0].padding == 1);
  CHECK(l[0].block == std::vector{core, activation});
  CHECK(l[1].kernel == 2);
  CHECK(l[1].stride == 2);
  CHECK(l[1].padding == 0);
  // A pooling's windows lie side by side, whatever their size; a convolution's do not.
  const auto wide = layers(
      "layers: \"C1:8 P2 P3 F4:10\"\n"
      "overrides: {C1: {kernel: 5}, P2: {kernel: 3}, P3: {kernel: 3, stride: 2}}\n");
  CHECK(wide[0].stride == 1);
  CHECK(wide[0].padding == 2);
  CHECK(wide[1].stride == 3);
  CHECK(wide[2].stride == 2);
}

TEST_CASE("training settings", "[spec]") {
  const std::string head = "name: x\ndata: mnist\nlayers: C1:8 GAP c2:10\n";
  const TrainSpec usual = parse(head).front().train;
  CHECK(usual.schedule.kind == ScheduleKind::one_cycle);
  CHECK(usual.schedule.rate == 0.1);
  CHECK(usual.batch == 128);
  const auto train = [&](const std::string& value) {
    return parse(head + "train: {" + value + "}\n").front().train;
  };
  const TrainSpec adam = train("optimizer: adamw, schedule: cosine, label_smoothing: 0.1");
  CHECK(adam.optimizer.kind == OptimizerKind::adamw);
  CHECK(adam.schedule.kind == ScheduleKind::cosine);
  CHECK(adam.schedule.rate == 0.001);
  CHECK(adam.label_smoothing == 0.1);
  const TrainSpec steps =
      train("schedule: {multi_step: {rate: 1e-2, factor: .5, milestones: [5, 10]}}");
  CHECK(steps.schedule.milestones == std::vector{5, 10});
  CHECK(steps.schedule.factor == 0.5);
  const TrainSpec step = train("schedule: {step: {rate: 0.1, every: 7}}, batch: 32, seed: 0");
  CHECK(step.schedule.every == 7);
  CHECK(step.seed == 0);
  CHECK(train("schedule: {one_cycle: {anneal: cosine}}").schedule.anneal == Anneal::cosine);
}

TEST_CASE("--set goes over the spec and its variants", "[spec]") {
  const std::string text = R"(
name: x
data: cifar10
layers: C1:8 GAP c2:10
train: {epochs: 3, optimizer: {sgd: {momentum: 0.9, nesterov: true}}}
variants:
  slow: {train: {epochs: 9, schedule: {constant: {rate: 0.5}}}, norm: layer}
)";
  const auto plain = parse(text);
  CHECK(plain[1].train.epochs == 9);
  CHECK(plain[1].train.optimizer == plain[0].train.optimizer);
  const auto set = parse(text, {"train.epochs=2", "train.optimizer.sgd.momentum=0.5", "norm=batch",
                                "overrides.C1.channels=12"});
  for (const Spec& spec : set) {
    CHECK(spec.train.epochs == 2);
    CHECK(spec.train.optimizer.momentum == 0.5);
    CHECK(spec.train.optimizer.nesterov);
    CHECK(spec.layers[0].norm.kind == NormKind::batch);
    CHECK(spec.layers[0].out_channels == 12);
  }
  CHECK(parse(text, {"train.optimizer.adam.beta1=0.8"})[0].train.optimizer.beta1 == 0.8);
  CHECK(parse(text, {"variants.slow.train.epochs=5"})[1].train.epochs == 5);
  CHECK(parse(text, {"variants.group={norm: group}"}).size() == 3);
}

TEST_CASE("--set replaces the whole of what is there", "[spec]") {
  const std::string text = R"(
name: x
data: cifar10
layers: C1:8 GAP c2:10
train: {epochs: 3, label_smoothing: 0.1}
overrides: {C1: {stride: 2}}
variants:
  slow: {train: {epochs: 9}}
)";
  for (const Spec& spec : parse(text, {"train={epochs: 2}", "overrides={}"})) {
    CHECK(spec.train.epochs == 2);
    CHECK(spec.train.label_smoothing == 0);
    CHECK(spec.layers[0].stride == 1);
  }
  CHECK(parse(text, {"variants={}"}).size() == 1);
  CHECK(parse(text, {"variants={}", "layers=C1:4 GAP c3:10"})[0].layers[2].name == "c3");
}

TEST_CASE("--set of a variant goes over that variant alone", "[spec]") {
  // Names of variants that are keys, too.
  for (const std::string name : {"norm", "data", "slow"}) {
    INFO(name);
    const std::string text = "name: x\ndata: cifar10\nlayers: C1:8 GAP c2:10\nvariants: {" + name +
                             ": {train: {epochs: 9, ema: 0.5}}, other: {norm: batch}}\n";
    const std::string epochs = "variants." + name + ".train.epochs=5";
    const auto set = parse(text, {"train.epochs=2", epochs, "variants." + name + ".norm=layer"});
    REQUIRE(set.size() == 3);
    CHECK(set[0].train.epochs == 2);
    CHECK(set[1].train.epochs == 5);
    CHECK(set[1].train.ema == 0.5);
    CHECK(set[1].layers[0].norm.kind == NormKind::layer);
    CHECK(set[2].train.epochs == 2);
    CHECK(set[2].layers[0].norm.kind == NormKind::batch);
    CHECK(parse(text, {epochs, "train.epochs=2"})[1].train.epochs == 2);
  }
}
