// What changes from one spec to another.
#include "analysis/compare.hpp"

#include <algorithm>
#include <utility>

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

TEST_CASE("everything that a layer can hold is told") {
  const std::string head = kHead + "layers: C1:8 C2:8 P1 D3 c4:8 GAP F5:10\nnorm: batch\n";
  const std::pair<std::string, std::string> changes[] = {
      {"C1: {channels: 8}", "C1: {channels: 9}"},
      {"C1: {kernel: 3}", "C1: {kernel: 5}"},
      {"C1: {stride: 1}", "C1: {stride: 2}"},
      {"C1: {stride: 4, padding: 0}", "C1: {stride: 4, padding: 1}"},
      {"C1: {kernel: 4, padding: 1}", "C1: {kernel: 4, padding: 2}"},
      {"C1: {dilation: 1}", "C1: {dilation: 2}"},
      {"C2: {groups: 1}", "C2: {groups: 2}"},
      {"C1: {bias: false}", "C1: {bias: true}"},
      {"C1: {init: kaiming}", "C1: {init: xavier}"},
      {"F5: {init: kaiming}", "F5: {init: xavier}"},
      {"F5: {bias: true}", "F5: {bias: false}"},
      {"P1: {pool: max}", "P1: {pool: average}"},
      {"P1: {kernel: 2}", "P1: {kernel: 3}"},
      {"P1: {kernel: 30, stride: 3}", "P1: {kernel: 30, stride: 4}"},
      {"P1: {kernel: 3, stride: 4, padding: 0}", "P1: {kernel: 3, stride: 4, padding: 1}"},
      {"C1: {block: conv norm relu}", "C1: {block: conv relu norm}"},
      {"C1: {norm: batch}", "C1: {norm: instance}"},
      {"C1: {norm: {group: {groups: 4}}}", "C1: {norm: {group: {groups: 2}}}"},
      {"C1: {norm: layer}", "C1: {norm: {layer: {affine: element}}}"},
      {"C1: {norm: layer}", "C1: {norm: {layer: {affine: none}}}"},
      {"C1: {norm: layer}", "C1: {norm: {layer: {eps: 1e-3}}}"},
      {"C1: {norm: batch}", "C1: {norm: {batch: {momentum: 0.2}}}"},
      {"C1: {activation: relu}", "C1: {activation: leaky_relu}"},
      {"C1: {activation: leaky_relu}", "C1: {activation: {leaky_relu: {slope: 0.2}}}"},
      {"C1: {norm: none, activation: {leaky_relu: {slope: 0.1}}}",
       "C1: {norm: none, activation: {leaky_relu: {slope: 0.2}}}"},
      {"C1: {block: conv norm relu dropout, dropout: 0.1}",
       "C1: {block: conv norm relu dropout, dropout: 0.2}"},
      {"C1: {block: conv norm relu dropout, dropout: 0.1}",
       "C1: {block: conv norm relu dropout, dropout: {rate: 0.1, kind: channel}}"},
      {"c4: {skip: P1}", "c4: {skip: D3}"},
      {"C2: {skip: C1}", "C2: {skip: {from: C1, sum: after_block}}"},
      {"c4: {skip: P1}", "c4: {skip: {from: P1, projection: true}}"},
      {"c4: {stride: 2, skip: {from: P1, projection: {stride: 2}}}",
       "c4: {stride: 2, skip: {from: P1, projection: {stride: 2, norm: batch}}}"},
      {"c4: {stride: 5, skip: {from: P1, projection: {stride: 5}}}",
       "c4: {stride: 5, skip: {from: C1, projection: {stride: 10}}}"}};
  for (const auto& [before, after] : changes) {
    INFO(before << " > " << after);
    const Comparison changed =
        compared(head + "overrides: {" + before + "}\n", head + "overrides: {" + after + "}\n");
    CHECK(std::ranges::any_of(changed.layers, [](const LayerChange& one) {
      return one.before.kind != one.after.kind && one.before.name == one.after.name;
    }));
  }
}

TEST_CASE("a mean of the spec's own is a setting that differs") {
  const std::string layers = "layers: C1:8 GAP c2:10\n";
  const Comparison own =
      compared("name: n\ndata: mnist\n" + layers,
               "name: n\ndata: {mnist: {mean: [0.5], std: [0.30811]}}\n" + layers);
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

TEST_CASE("settings of each kind are told by their paths") {
  const std::string layers = kHead + "layers: C1:8 GAP c2:10\n";
  const auto change = [&](const std::string& before, const std::string& after) {
    return text_of(
        compared(layers + "train: {" + before + "}\n", layers + "train: {" + after + "}\n")
            .settings);
  };
  CHECK(change("schedule: {one_cycle: {warmup: 0.5}}", "schedule: {one_cycle: {anneal: cosine}}") ==
        "train.schedule.one_cycle.warmup: 0.5 > 0.25\n"
        "train.schedule.one_cycle.anneal: linear > cosine\n");
  CHECK(change("optimizer: {sgd: {l1: 0.1}}",
               "optimizer: {sgd: {l1: {factor: 0.2, on: [norms, C1]}, rates: {C1: 2}}}") ==
        "train.optimizer.sgd.l1: 0.1 > 0.2\ntrain.optimizer.sgd.l1.on:  > norms, C1\n"
        "train.optimizer.sgd.rates.C1:  > 2.0\n");
  CHECK(change("augment: [{crop: 4}, {resized_crop: {area: [0.5, 1]}}]",
               "augment: [{crop: {padding: 4, mode: zero}}, flip, {mixup: 0.2}, resized_crop]") ==
        "train.augment.resized_crop.area: 0.5 to 1.0 > 0.08 to 1.0\n"
        "train.augment.crop.mode: reflect > zero\ntrain.augment.flip:  > random\n"
        "train.augment.mixup:  > 0.2\n");
  CHECK(change("clip: {norm: 1}", "clip: {value: 1}, early_stopping: {patience: 3}") ==
        "train.clip: norm > value\ntrain.clip.norm: 1.0 > \ntrain.clip.value:  > 1.0\n"
        "train.early_stopping.metric:  > test_loss\ntrain.early_stopping.patience:  > 3\n"
        "train.early_stopping.min_change:  > 0.0\n");
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
  for (const std::string limit :
       {"parameters", "macs", "train_memory", "inference_memory", "receptive_field"}) {
    CHECK(text_of(compared(layers, layers + "budget: {" + limit + ": 99}\n").settings) ==
          "budget." + limit + ":  > 99\n");
  }
  const std::string held = "name: n\ndata: {cifar10: {hold_out: 9}}\nlayers: C1:8 GAP c2:10\n";
  CHECK_FALSE(compared(layers, held).settings.empty());
}

}  // namespace
}  // namespace castnet::codegen
