// What each section of a spec becomes: data sets, augmentation, penalties, skips and the like.
#include <string>

#include "../catch.hpp"
#include "support.hpp"

namespace {

using namespace castnet::codegen;

const std::string kLayers = "name: x\nlayers: C1:8 C2:8 P3 GAP F4:10\n";

DataSetFacts data(const std::string& value) {
  return parse(kLayers + "data: " + value).front().data;
}

/// The `train` section of a spec for 3x32x32 images.
TrainSpec train(const std::string& value) {
  return parse(kLayers + "data: cifar10\ntrain: {" + value + "}\n").front().train;
}

AugmentSpec augment(const std::string& items) { return train("augment: [" + items + "]").augment; }

}  // namespace

TEST_CASE("data sets and their statistics", "[spec]") {
  CHECK(data("cifar100").image() == Shape{3, 32, 32});
  CHECK(data("cifar100").classes == 100);
  CHECK(data("cifar100").mean.empty());
  for (const std::string name : {"fashion_mnist", "kmnist"}) {
    const DataSetFacts facts = data(name);
    CHECK(facts.image() == Shape{1, 28, 28});
    CHECK(facts.classes == 10);
    CHECK(facts.training_images == 60'000);
    CHECK(facts.test_images == 10'000);
  }
  const DataSetFacts cifar10 = data("{cifar10: {mean: [0.1, 0.2, 0.3]}}");
  CHECK(cifar10.mean == std::vector{0.1, 0.2, 0.3});
  CHECK(cifar10.std == data("cifar10").std);
  CHECK(data("{kmnist: {mean: [0.2], std: [1]}}").std == std::vector{1.0});
  CHECK(data("{mnist: }") == data("mnist"));
}

// As they are published: of the training images, by channel.
TEST_CASE("known means and stds are each channel's own", "[spec]") {
  const auto data = [](const std::string& name) {
    const auto parsed = parse_spec("name: x\ndata: " + name + "\nlayers: C1:8 GAP c2:10\n", "x");
    REQUIRE(parsed.errors.empty());
    return parsed.specs.front().data;
  };
  const auto near = [](const std::vector<double>& values, const std::vector<double>& expected) {
    REQUIRE(values.size() == expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      CHECK(values[i] == Approx(expected[i]).margin(6e-5));
    }
  };
  near(data("cifar10").mean, {0.4914, 0.4822, 0.4465});
  near(data("cifar10").std, {0.2470, 0.2435, 0.2616});
  near(data("mnist").mean, {0.1307});
  near(data("mnist").std, {0.3081});
}

TEST_CASE("training images held out", "[spec]") {
  const DataSetFacts facts = data("{mnist: {hold_out: 5000}}");
  CHECK(facts.hold_out == 5000);
  CHECK(facts.training_images == 55'000);
  CHECK(facts.test_images == 5000);
  CHECK(data("mnist").hold_out == 0);
}

TEST_CASE("a folder of images", "[spec]") {
  const DataSetFacts facts = data(
      "{image_folder: {path: /data/flowers 102, channels: 3, height: 48, width: 64, classes: 256,"
      " mean: [0, 0.5, 1], std: [0.5, 0.5, 0.5]}}");
  CHECK(facts.name == "image_folder");
  CHECK(facts.folder.text == "/data/flowers 102");
  CHECK(facts.image() == Shape{3, 48, 64});
  CHECK(facts.classes == 256);
  CHECK(facts.training_images == 0);
  CHECK(facts.mean == std::vector{0.0, 0.5, 1.0});
  const std::string folder =
      "data: {image_folder: {path: a..b, channels: 1, height: 8, width: 8, classes: 10}}\n";
  const auto specs = parse(
      kLayers + folder + "train: {batch: 65536}\nvariants: {m: {data: mnist, train: {batch: 32}}}");
  CHECK(specs[0].data.mean.empty());
  CHECK(specs[0].train.batch == 65536);
  CHECK(specs[1].data == data("mnist"));
}

TEST_CASE("--set chooses among data sets", "[spec]") {
  const auto specs = parse(kLayers + "data: cifar10\n", {"data.kmnist={}"});
  CHECK(specs[0].data.name == "kmnist");
}

TEST_CASE("augmentation as it is usually given", "[spec]") {
  CHECK(augment("") == AugmentSpec{});
  AugmentSpec expected;
  expected.shift_scale_rotate = ShiftScaleRotateSpec{0.1, 0, 0, 0.5, Border::reflect};
  expected.rotation = RotationSpec{15, 1, Border::reflect};
  expected.resized_crop = ResizedCropSpec{{0.08, 1}, {0.75, 4.0 / 3}, 1};
  expected.crop = CropSpec{4, Border::reflect};
  expected.flip = Flip::random;
  expected.colour_jitter = ColourJitterSpec{0.2, 0, 0, 0, 1};
  expected.cutout = CutoutSpec{8, 1};
  expected.mixup = 0.2;
  // In any order.
  CHECK(augment("{mixup: 0.2}, {cutout: 8}, {colour_jitter: {brightness: 0.2}}, flip, {crop: 4}, "
                "resized_crop, {rotation: 15}, {shift_scale_rotate: {shift: 0.1}}") == expected);
}

TEST_CASE("augmentation with every key", "[spec]") {
  const AugmentSpec a = augment(
      "{shift_scale_rotate: {shift: 0.5, scale: 0.2, degrees: 180, probability: 0.25, mode: zero}},"
      "{rotation: {degrees: 30, probability: 0.5, mode: zero}},"
      "{resized_crop: {area: [0.25, 0.75], aspect: [1, 1], probability: 0.5}},"
      "{crop: {padding: 3, mode: black}}, {flip: alternating},"
      "{colour_jitter: {brightness: 0.1, contrast: 0.2, saturation: 0.3, hue: 0.4,"
      " probability: 0.8}},"
      "{cutout: {size: 32, probability: 0.5}}, {mixup: 1}");
  CHECK(a.shift_scale_rotate == ShiftScaleRotateSpec{0.5, 0.2, 180, 0.25, Border::zero});
  CHECK(a.rotation == RotationSpec{30, 0.5, Border::zero});
  CHECK(a.resized_crop == ResizedCropSpec{{0.25, 0.75}, {1, 1}, 0.5});
  CHECK(a.crop == CropSpec{3, Border::black});
  CHECK(a.flip == Flip::alternating);
  CHECK(a.colour_jitter == ColourJitterSpec{0.1, 0.2, 0.3, 0.4, 0.8});
  CHECK(a.cutout == CutoutSpec{32, 0.5});
  CHECK(a.mixup == 1);
  CHECK(augment("{flip: random}").flip == Flip::random);
}

TEST_CASE("penalties and what they are on", "[spec]") {
  const OptimizerSpec sgd =
      train("optimizer: {sgd: {weight_decay: {factor: 1e-4, on: [weights, C2, F4]}, l1: 2e-5}}")
          .optimizer;
  CHECK(sgd.weight_decay == PenaltySpec{1e-4, {"weights", "C2", "F4"}});
  CHECK(sgd.l1 == PenaltySpec{2e-5, {}});
  const OptimizerSpec adamw = train("optimizer: {adamw: {l1: {factor: 1, on: norms}}}").optimizer;
  CHECK(adamw.l1 == PenaltySpec{1, {"norms"}});
  CHECK(adamw.weight_decay == PenaltySpec{});
}

TEST_CASE("rates of their own", "[spec]") {
  const OptimizerSpec sgd = train("optimizer: {sgd: {rates: {norms: 4, C2: 0}}}").optimizer;
  CHECK(sgd.rates == std::vector<RateSpec>{{"norms", 4}, {"C2", 0}});
  CHECK(train("optimizer: adam").optimizer.rates.empty());
}

TEST_CASE("Muon's usual settings", "[spec]") {
  const TrainSpec muon = train("optimizer: muon");
  CHECK(muon.optimizer.momentum == 0.95);
  CHECK(muon.optimizer.nesterov);
  CHECK(muon.schedule.rate == 0.02);
  CHECK(train("optimizer: {muon: {nesterov: false}}").optimizer.momentum == 0.95);
}

TEST_CASE("clipping, averaging and early stopping", "[spec]") {
  CHECK(train("").clip.kind == ClipKind::none);
  CHECK(train("clip: none").clip.kind == ClipKind::none);
  CHECK(train("clip: {norm: 2.5}").clip == ClipSpec{ClipKind::norm, 2.5});
  CHECK(train("clip: {value: 0.5}").clip == ClipSpec{ClipKind::value, 0.5});
  CHECK(train("").ema == 0);
  CHECK(train("ema: 0.999").ema == 0.999);
  CHECK_FALSE(train("").early_stopping);
  CHECK_FALSE(train("early_stopping: ").early_stopping);
  CHECK_FALSE(train("early_stopping: none").early_stopping);
  CHECK(train("early_stopping: {}").early_stopping ==
        EarlyStoppingSpec{StopMetric::test_loss, 5, 0});
  CHECK(train("early_stopping: {metric: train_accuracy, patience: 2, min_change: 0.01}")
            .early_stopping == EarlyStoppingSpec{StopMetric::train_accuracy, 2, 0.01});
}

TEST_CASE("a variant and --set undo early stopping", "[spec]") {
  const std::string text = kLayers +
                           "data: mnist\ntrain: {early_stopping: {patience: 2}}\n"
                           "variants: {a: {train: {early_stopping: none}}, b: {norm: batch}}\n";
  const auto specs = parse(text);
  CHECK(specs[0].train.early_stopping);
  CHECK_FALSE(specs[1].train.early_stopping);
  for (const Spec& spec : parse(text, {"train.early_stopping="})) {
    CHECK_FALSE(spec.train.early_stopping);
  }
}

TEST_CASE("every budget", "[spec]") {
  const Budget budget = parse(kLayers +
                              "data: mnist\nbudget: {parameters: 1, macs: 2, train_memory: 3, "
                              "inference_memory: 4, receptive_field: 5}\n")
                            .front()
                            .budget;
  CHECK(budget == Budget{1, 2, 3, 4, 5, {"spec.yaml", 4, 9}});
}

TEST_CASE("where weights start", "[spec]") {
  const auto layers = parse(R"(
name: x
data: mnist
layers: C1:8 c2:8 D3 P4 C5:8 F6:8 F7:10
init: dirac
defaults: {c: {init: xavier}}
overrides: {C5: {init: kaiming}, F6: {init: xavier}}
)")
                          .front()
                          .layers;
  std::vector<Init> inits;
  for (const LayerSpec& layer : layers) inits.push_back(layer.init);
  using enum Init;
  CHECK(inits == std::vector{dirac, xavier, dirac, kaiming, kaiming, xavier, kaiming});
}

TEST_CASE("skips with a projection", "[spec]") {
  const auto layers = parse(R"(
name: x
data: mnist
layers: C1:8 C2:8 C3:8 C4:8 GAP F5:10
overrides:
  C2: {skip: {from: C1, projection: true}}
  C3: {skip: {from: C1, sum: after_block, projection: {stride: 2, norm: {group: {groups: 2}}}}}
  C4: {skip: {from: C3, projection: false}}
)")
                          .front()
                          .layers;
  CHECK(layers[1].skip->projection == ProjectionSpec{});
  CHECK(layers[2].skip->place == SkipPlace::after_block);
  CHECK(layers[2].skip->projection->stride == 2);
  CHECK(layers[2].skip->projection->norm.kind == NormKind::group);
  CHECK(layers[2].skip->projection->norm.groups == 2);
  CHECK_FALSE(layers[3].skip->projection);
}
