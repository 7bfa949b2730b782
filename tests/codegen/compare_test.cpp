// What changes from one spec to another.
#include "passes/compare.hpp"

#include "support.hpp"

namespace castnet::codegen {
namespace {

Comparison compared(const std::string& before, const std::string& after) {
  const Spec a = spec_of(before);
  const Spec b = spec_of(after);
  return compare(a, compile(a), b, compile(b));
}

/// "=C1 +C2": each layer with its change.
std::string text_of(const std::vector<LayerChange>& layers) {
  std::string text;
  for (const LayerChange& one : layers) {
    const bool removed = one.change == Change::removed;
    text += text.empty() ? "" : " ";
    text += "=~+-"[static_cast<std::size_t>(one.change)];
    text += removed ? one.before.name : one.after.name;
    CHECK((one.change == Change::added) == one.before.name.empty());
    CHECK(removed == one.after.name.empty());
  }
  return text;
}

std::string text_of(const std::vector<SettingChange>& settings) {
  std::string text;
  for (const SettingChange& one : settings) {
    text += one.key + ": " + one.before + " > " + one.after + "\n";
  }
  return text;
}

const std::string kHead = "name: n\ndata: cifar10\n";

TEST_CASE("a spec does not differ from itself") {
  const std::string text = kHead + "norm: batch\nlayers: C1:8 P1 C2:8 GAP c3:10\n";
  const Comparison same = compared(text, text);
  CHECK(text_of(same.layers) == "=C1 =P1 =C2 =GAP =c3");
  CHECK(same.settings.empty());
  CHECK(same.before == same.after);
}

TEST_CASE("layers are matched by name, in order") {
  const Comparison wider = compared(kHead + "layers: C1:8 P1 C2:8 GAP c3:10\n",
                                    kHead + "layers: C1:8 D9 C2:16 GAP c3:10\n");
  CHECK(text_of(wider.layers) == "=C1 -P1 +D9 ~C2 ~GAP ~c3");
  const LayerChange& c2 = wider.layers[3];
  CHECK(c2.before.parameters == 8 * 8 * 9 + 8);
  CHECK(c2.after.parameters == 8 * 16 * 9 + 16);
  CHECK(wider.before.parameters.value == 8 * 27 + 8 + 8 * 8 * 9 + 8 + 90);
  const Comparison moved =
      compared(kHead + "layers: C1:8 C2:8 GAP c3:10\n", kHead + "layers: C2:8 C1:8 GAP c3:10\n");
  CHECK((text_of(moved.layers) == "-C1 ~C2 +C1 =GAP =c3" ||
         text_of(moved.layers) == "+C2 ~C1 -C2 =GAP =c3"));
}

TEST_CASE("a norm's kind and a skip are changes of their layer only") {
  const std::string layers = kHead + "norm: batch\nlayers: C1:8 C2:8 C3:8 GAP c4:10\n";
  CHECK(text_of(compared(layers, layers + "overrides: {C2: {norm: layer}}\n").layers) ==
        "=C1 ~C2 =C3 =GAP =c4");
  CHECK(text_of(compared(layers, layers + "overrides: {C3: {skip: C1}}\n").layers) ==
        "=C1 =C2 ~C3 =GAP =c4");
  CHECK(text_of(
            compared(layers, layers + "overrides: {C1: {norm: {batch: {eps: 1e-3}}}}\n").layers) ==
        "~C1 =C2 =C3 =GAP =c4");
  CHECK(text_of(compared(layers, layers + "overrides: {C1: {norm: {batch: {momentum: 0.2}}}}\n")
                    .layers) == "~C1 =C2 =C3 =GAP =c4");
}

TEST_CASE("a mean of the spec's own is a setting that differs") {
  const std::string layers = "layers: C1:8 GAP c2:10\n";
  const Comparison own =
      compared("name: n\ndata: mnist\n" + layers,
               "name: n\ndata: {mnist: {mean: [0.5], deviation: [0.30811]}}\n" + layers);
  CHECK(text_of(own.settings) == "data.mnist.mean: 0.13066 > 0.5\n");
}

TEST_CASE("settings that differ are told by key") {
  const std::string layers = kHead + "layers: C1:8 GAP c2:10\n";
  CHECK(text_of(compared(layers + "train: {epochs: 3, optimizer: {sgd: {momentum: 0.9}}}\n",
                         layers + "train: {epochs: 4, optimizer: {sgd: {momentum: 0.8}}}\n")
                    .settings) == "train.epochs: 3 > 4\ntrain.optimizer.sgd.momentum: 0.9 > 0.8\n");
  CHECK(text_of(compared(layers + "train: {schedule: {constant: {rate: 0.1}}}\n",
                         layers + "train: {schedule: {step: {rate: 0.1, every: 2}}, ema: 0.9}\n")
                    .settings) ==
        "train.schedule: constant > step\ntrain.schedule.constant.rate: 0.1 > \n"
        "train.schedule.step.rate:  > 0.1\n"
        "train.schedule.step.factor:  > 0.1\ntrain.schedule.step.every:  > 2\n"
        "train.ema:  > 0.9\n");
}

TEST_CASE("everything that a recipe can hold is compared") {
  const std::string layers = kHead + "layers: C1:8 GAP c2:10\n";
  for (const std::string train : {"batch: 64",
                                  "seed: 2",
                                  "label_smoothing: 0.1",
                                  "optimizer: {sgd: {l1: 0.1}}",
                                  "optimizer: {sgd: {momentum: 0.5}}",
                                  "optimizer: {sgd: {weight_decay: 0.1}}",
                                  "optimizer: {sgd: {rates: {C1: 2}}}",
                                  "schedule: {one_cycle: {warmup: 0.5}}",
                                  "schedule: {one_cycle: {start_factor: 0.5}}",
                                  "schedule: {one_cycle: {final_factor: 0.5}}",
                                  "schedule: {one_cycle: {anneal: cosine}}",
                                  "schedule: {one_cycle: {peak: 0.5}}",
                                  "augment: [flip]",
                                  "augment: [{crop: 4}]",
                                  "augment: [{rotation: 10}]",
                                  "augment: [{cutout: 8}]",
                                  "augment: [{mixup: 0.2}]",
                                  "clip: {norm: 1}",
                                  "ema: 0.9",
                                  "early_stopping: {patience: 3}"}) {
    INFO(train);
    const Comparison changed = compared(layers, layers + "train: {" + train + "}\n");
    CHECK_FALSE(changed.settings.empty());
  }
  const std::string held = "name: n\ndata: {cifar10: {hold_out: 9}}\nlayers: C1:8 GAP c2:10\n";
  CHECK_FALSE(compared(layers, held).settings.empty());
}

}  // namespace
}  // namespace castnet::codegen
