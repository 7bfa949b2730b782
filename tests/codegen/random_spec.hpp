// Random specs that are right, made of the spec language's own tables.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ir/augment_fields.hpp"
#include "ir/graph.hpp"
#include "ir/layer_fields.hpp"
#include "ir/layer_kinds.hpp"
#include "ir/train_fields.hpp"
#include "spec/data_sets.hpp"

namespace castnet::codegen {

/// A spec and the shapes that its layers must have, as they were chosen.
struct RandomSpec {
  std::string text;
  std::vector<std::pair<std::string, Shape>> outputs;  ///< of each layer, in order
};

/// The same spec for the same seed, everywhere.
class RandomSpecs {
 public:
  explicit RandomSpecs(unsigned seed) : engine_(seed) {}

  RandomSpec make() {
    choose_data();
    choose_norm();
    for (int layer = between(2, 6); layer > 0; --layer) add_layer();
    add_end();
    spec_.text =
        fmt::format("name: random\ndata: {}\nnorm: {}\nactivation: {}\nblock: {}\nlayers: {}\n",
                    data_, norm_, activation(), block_, fmt::join(tokens_, " "));
    if (chance(2)) spec_.text += fmt::format("dropout: {}\n", dropout());
    if (!overrides_.empty()) {
      spec_.text += "overrides:\n";
      for (const auto& [name, keys] : overrides_) {
        spec_.text += fmt::format("  {}: {{{}}}\n", name, fmt::join(keys, ", "));
      }
    }
    spec_.text += fmt::format("train: {{{}}}\n", fmt::join(train(), ", "));
    return spec_;
  }

 private:
  int between(int least, int most) {
    return least + static_cast<int>(engine_() % static_cast<unsigned>(most - least + 1));
  }
  bool chance(int one_in) { return between(1, one_in) == 1; }
  template <class Values>
  auto one_of(const Values& values) {
    return values[static_cast<std::size_t>(between(0, static_cast<int>(std::size(values)) - 1))];
  }
  std::string word(Words words) { return std::string(one_of(words)); }

  /// "name: value, …" of some of a kind's fields, as the table's examples have them; `always` is
  /// one that is given.
  template <Recorded Record>
  std::string fields(std::size_t kind, std::string_view always = {},
                     std::string_view never = "none of them") {
    std::map<std::string, std::string> given;
    for_each_field<Record>([&](const auto& one) {
      if (!holds(one, kind) || never.find(one.name) != never.npos) return;
      if (!one.required && one.name != always && !chance(3)) return;
      given.emplace(one.name, one.example);
      if (one.beside.empty() || one.beside.find(", ") != one.beside.npos) return;
      const std::size_t colon = one.beside.find(": ");
      given.emplace(one.beside.substr(0, colon), one.beside.substr(colon + 2));
    });
    std::vector<std::string> texts;
    for (const auto& [name, value] : given) texts.push_back(name + ": " + value);
    return fmt::format("{}", fmt::join(texts, ", "));
  }

  /// A choice with some of its fields.
  template <class Record, class Kind>
  std::string choice(Kind kind) {
    const std::string given = fields<Record>(static_cast<std::size_t>(kind));
    const std::string_view name = to_word(kind);
    return given.empty() ? std::string(name) : fmt::format("{{{}: {{{}}}}}", name, given);
  }

  void choose_data() {
    if (chance(2)) {
      const DataSetFacts& facts = one_of(data_sets());
      data_ = facts.name;
      map_ = facts.image();
      classes_ = facts.classes;
      return;
    }
    map_ = {chance(2) ? 1 : 3, between(12, 24), between(12, 24)};
    classes_ = between(2, 12);
    data_ = fmt::format(
        "{{image_folder: {{path: a, channels: {}, height: {}, width: {}, classes: {}}}}}",
        map_.channels, map_.height, map_.width, classes_);
  }

  /// Channels are multiples of four, which group norm's usual groups divide, but for the images',
  /// which norms of groups and channels cannot take. Behind instance norm and norms of as many
  /// groups an activation has to follow, or the mean of all pixels would always be the same.
  void choose_norm() {
    const auto kind = static_cast<NormKind>(between(0, std::size(kWords<NormKind>) - 1));
    const std::string affine = kind == NormKind::layer && chance(2) ? "element"
                               : chance(2)                          ? "none"
                                                                    : "channel";
    norm_ = kind == NormKind::none ? "none"
            : kind == NormKind::group
                ? fmt::format("{{group: {{groups: {}}}}}", chance(2) ? 2 : 4)
                : fmt::format("{{{}: {{affine: {}}}}}", to_word(kind), affine);
    means_vary_ = kind != NormKind::instance && kind != NormKind::group;
    std::vector<std::string> steps = {"conv", "norm", "act", "dropout"};
    if (kind == NormKind::none || kind == NormKind::batch || kind == NormKind::layer) {
      for (std::size_t i = steps.size() - 1; i > 0; --i) {
        std::swap(steps[i], steps[static_cast<std::size_t>(between(0, static_cast<int>(i)))]);
      }
    }
    block_ = fmt::format("{}", fmt::join(steps, " "));
  }

  std::string activation() {
    const auto most = static_cast<int>(std::size(kWords<ActivationKind>)) - 1;
    return choice<ActivationSpec>(static_cast<ActivationKind>(between(1, most)));
  }

  std::string dropout() {
    return chance(2) ? "0.1" : fmt::format("{{rate: 0.25, kind: {}}}", word(kWords<DropoutKind>));
  }

  /// A layer of a kind that keeps pixels, with keys of its own.
  void add_layer() {
    const int last = spec_.outputs.empty() ? 1 : 3;  // depthwise and pooling keep the channels
    const TokenKind& kind = kTokenKinds[static_cast<std::size_t>(between(0, last))];
    const std::string name = fmt::format("{}{}", kind.token, ++number_);
    std::vector<std::string> keys;
    const bool pool = kind.kind == LayerKind::pool;
    const int channels = kind.counted() ? 4 * between(1, 3) : map_.channels;
    int kernel = kind.kernel, stride = pool ? 2 : 1, dilation = 1, padding = 0;
    if (!pool) {
      if (chance(4))
        keys.push_back(fmt::format("kernel: {}", kernel = one_of(std::array{1, 3, 5})));
      if (chance(4)) keys.push_back(fmt::format("dilation: {}", dilation = 2));
      if (chance(4) && side() >= 8) keys.push_back(fmt::format("stride: {}", stride = 2));
      padding = dilation * (kernel - 1) / 2;
      if (chance(4)) keys.push_back(fmt::format("bias: {}", one_of(std::array{"true", "false"})));
      if (chance(4)) keys.push_back("init: " + word(kWords<Init>));
      if (kind.has("groups") && map_.channels % 2 == 0 && chance(4)) keys.push_back("groups: 2");
      // A gate's mean over the pixels stands before the activation where there is a skip.
      if (means_vary_ && chance(4)) {
        keys.push_back(fmt::format("squeeze: {}", one_of(std::array{1, 2, 4})));
      }
    } else {
      if (chance(2)) keys.push_back("pool: " + word(kWords<PoolKind>));
      if (chance(3)) {
        kernel = 3;
        padding = 1;
        keys.push_back("kernel: 3, stride: 2, padding: 1");
      }
      if (side() < 8) return;
    }
    const auto after = [&](int size) {
      return (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
    };
    const Shape out{channels, after(map_.height), after(map_.width)};
    if (std::min(out.height, out.width) < 3) return;
    add_skip(kind, out, keys);
    map_ = out;
    tokens_.push_back(kind.counted() ? fmt::format("{}:{}", name, channels) : name);
    if (!keys.empty()) overrides_.emplace_back(name, keys);
    spec_.outputs.emplace_back(name, map_);
  }

  /// From an earlier layer of the same size: as it is, or projected.
  void add_skip(const TokenKind& kind, const Shape& out, std::vector<std::string>& keys) {
    if (!kind.has("skip") || !chance(3)) return;
    for (const auto& [name, shape] : spec_.outputs) {
      if (shape.height != out.height || shape.width != out.width) continue;
      const bool plain = shape.channels == out.channels;
      keys.push_back(fmt::format("skip: {{from: {}{}{}}}", name,
                                 plain && chance(2) ? "" : ", projection: true",
                                 chance(2) ? ", sum: after_block" : ""));
      return;
    }
  }

  void add_end() {
    const std::string name = std::to_string(++number_);
    if (chance(2)) {
      tokens_.push_back("GAP");
      spec_.outputs.emplace_back("GAP", Shape{map_.channels, 1, 1});
      tokens_.push_back(fmt::format("{}{}:{}", chance(2) ? "c" : "F", name, classes_));
    } else {
      tokens_.push_back(fmt::format("F{}:{}", name, classes_));
    }
    const std::string last = tokens_.back().substr(0, tokens_.back().find(':'));
    spec_.outputs.emplace_back(last, Shape{classes_, 1, 1});
  }

  int side() const { return std::min(map_.height, map_.width); }

  std::vector<std::string> train() {
    const auto optimizer =
        static_cast<OptimizerKind>(between(0, std::size(kWords<OptimizerKind>) - 1));
    const auto schedule =
        static_cast<ScheduleKind>(between(0, std::size(kWords<ScheduleKind>) - 1));
    std::vector<std::string> all{fmt::format("batch: {}", kBatchStep * between(1, 3)),
                                 "optimizer: " + choice<OptimizerSpec>(optimizer),
                                 "schedule: " + choice<ScheduleSpec>(schedule)};
    if (chance(3)) all.emplace_back(chance(2) ? "clip: {norm: 1}" : "clip: {value: 0.5}");
    if (chance(3)) all.emplace_back("ema: 0.99");
    if (chance(3)) all.emplace_back("label_smoothing: 0.1");
    if (chance(3)) all.push_back("early_stopping: {" + fields<EarlyStoppingSpec>(0) + "}");
    if (chance(2)) all.push_back(fmt::format("augment: [{}]", fmt::join(augment(), ", ")));
    return all;
  }

  std::vector<std::string> augment() {
    std::vector<std::string> items;
    const auto add = [&](std::string_view name, const std::string& value) {
      items.push_back(fmt::format("{{{}: {{{}}}}}", name, value));
    };
    // Shifts and turns need one mode, and grey images have no colours to change.
    if (chance(3)) add("shift_scale_rotate", fields<ShiftScaleRotateSpec>(0, "shift", "mode"));
    if (chance(3)) add("rotation", fields<RotationSpec>(0, {}, "mode"));
    if (chance(3)) add("resized_crop", fields<ResizedCropSpec>(0));
    if (chance(2)) add("crop", fields<CropSpec>(0));
    if (chance(2)) items.push_back("flip");
    if (chance(3)) add("colour_jitter", fields<ColourJitterSpec>(0, "contrast", "saturation hue"));
    if (chance(3)) add("cutout", fields<CutoutSpec>(0));
    if (chance(3)) items.emplace_back("{mixup: 0.2}");
    if (items.empty()) items.emplace_back("{flip: alternating}");
    return items;
  }

  std::mt19937 engine_;
  RandomSpec spec_;
  std::string data_, norm_, block_;
  Shape map_;  ///< so far
  int classes_ = 0, number_ = 0;
  bool means_vary_ = true;  ///< behind a norm, from image to image
  std::vector<std::string> tokens_;
  std::vector<std::pair<std::string, std::vector<std::string>>> overrides_;
};

}  // namespace castnet::codegen
