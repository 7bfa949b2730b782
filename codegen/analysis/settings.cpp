#include "analysis/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/costs.hpp"
#include "castnet_shared/words.hpp"
#include "ir/words.hpp"
#include "layers/layer_type.hpp"

namespace castnet::codegen {
namespace {

/// Collects settings under a common prefix.
class Section {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  Section(Settings& all, std::string prefix) : all_(all), prefix_(std::move(prefix)) {}

  void add(std::string_view key, std::string_view value) {
    all_.emplace_back(prefix_ + std::string(key), value);
  }
  void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
  void add(std::string_view key, double value) { add(key, to_text(value)); }
  void add(std::string_view key, int value) { add(key, fmt::to_string(value)); }

 private:
  Settings& all_;
  std::string prefix_;
};

std::string words(const PenaltySpec& penalty) {
  if (penalty.factor == 0 || penalty.on.empty()) return to_text(penalty.factor);
  return fmt::format("{} on {}", to_text(penalty.factor), fmt::join(penalty.on, ", "));
}

void add_optimizer(Section::Settings& all, const OptimizerSpec& optimizer) {
  const std::string kind(to_word(optimizer.kind));
  all.emplace_back("train.optimizer", kind);
  Section section(all, "train.optimizer." + kind + ".");
  const bool adam = optimizer.kind == OptimizerKind::adam || optimizer.kind == OptimizerKind::adamw;
  if (!adam) {
    section.add("momentum", optimizer.momentum);
    section.add("nesterov", optimizer.nesterov ? "true" : "false");
  } else {
    section.add("beta1", optimizer.beta1);
    section.add("beta2", optimizer.beta2);
    section.add("eps", optimizer.epsilon);
  }
  section.add("weight_decay", words(optimizer.weight_decay));
  section.add("l1", words(optimizer.l1));
  for (const RateSpec& rate : optimizer.rates) section.add("rates." + rate.on, rate.factor);
}

void add_schedule(Section::Settings& all, const ScheduleSpec& schedule) {
  using enum ScheduleKind;
  const std::string kind(to_word(schedule.kind));
  all.emplace_back("train.schedule", kind);
  Section section(all, "train.schedule." + kind + ".");
  section.add(schedule.kind == one_cycle ? "peak" : "rate", schedule.rate);
  if (schedule.kind == step || schedule.kind == multi_step) section.add("factor", schedule.factor);
  if (schedule.kind == step) section.add("every", schedule.every);
  if (schedule.kind == multi_step) {
    section.add("milestones", fmt::format("{}", fmt::join(schedule.milestones, ", ")));
  }
  if (schedule.kind == cosine) section.add("minimum", schedule.minimum);
  if (schedule.kind == one_cycle) {
    section.add("warmup", schedule.warmup);
    section.add("start_factor", schedule.start_factor);
    section.add("final_factor", schedule.final_factor);
    section.add("anneal", to_word(schedule.anneal));
  }
}

void add_augment(Section::Settings& all, const AugmentSpec& augment) {
  Section section(all, "train.augment.");
  if (const auto& s = augment.shift_scale_rotate) {
    section.add("shift_scale_rotate",
                fmt::format("shift {}, scale {}, degrees {}, probability {}, {} border", s->shift,
                            s->scale, s->degrees, s->probability, to_word(s->border)));
  }
  if (const auto& r = augment.rotation) {
    section.add("rotation", fmt::format("degrees {}, probability {}, {} border", r->degrees,
                                        r->probability, to_word(r->border)));
  }
  if (const auto& r = augment.resized_crop) {
    section.add("resized_crop",
                fmt::format("area {} to {}, aspect {} to {}, probability {}", r->least_area,
                            r->most_area, r->least_aspect, r->most_aspect, r->probability));
  }
  if (augment.crop > 0) {
    section.add("crop", fmt::format("{}, {} border",
                                    counted(static_cast<std::uint64_t>(augment.crop), "pixel"),
                                    to_word(augment.crop_border)));
  }
  if (augment.flip != Flip::none) section.add("flip", to_word(augment.flip));
  if (const auto& j = augment.colour_jitter) {
    section.add("colour_jitter",
                fmt::format("brightness {}, contrast {}, saturation {}, hue {}, probability {}",
                            j->brightness, j->contrast, j->saturation, j->hue, j->probability));
  }
  if (const auto& c = augment.cutout) {
    section.add("cutout",
                fmt::format("{}, probability {}",
                            counted(static_cast<std::uint64_t>(c->size), "pixel"), c->probability));
  }
  if (augment.mixup > 0) section.add("mixup", augment.mixup);
}

void add_early_stopping(Section::Settings& all, const std::optional<EarlyStoppingSpec>& stopping) {
  if (!stopping) return;
  Section section(all, "train.early_stopping.");
  section.add("metric", to_word(stopping->metric));
  section.add("patience", stopping->patience);
  section.add("min_change", stopping->min_change);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> settings(const Spec& spec) {
  const TrainSpec& train = spec.train;
  Section::Settings all;
  all.emplace_back("data", spec.data.folder.empty()
                               ? spec.data.name
                               : fmt::format("{} in {}", spec.data.name, spec.data.folder));
  const std::string prefix = "data." + spec.data.name + ".";
  if (!spec.data.mean.empty()) {
    all.emplace_back(prefix + "mean", fmt::format("{}", fmt::join(spec.data.mean, ", ")));
    all.emplace_back(prefix + "deviation", fmt::format("{}", fmt::join(spec.data.deviation, ", ")));
  }
  if (spec.data.hold_out > 0) {
    all.emplace_back(prefix + "hold_out", fmt::to_string(spec.data.hold_out));
  }
  for (const Limit& limit : limits()) {
    const std::int64_t value = spec.budget.*limit.limit;
    if (value > 0) all.emplace_back(fmt::format("budget.{}", limit.key), fmt::to_string(value));
  }
  Section section(all, "train.");
  section.add("epochs", train.epochs);
  section.add("batch", train.batch);
  section.add("seed", fmt::to_string(train.seed));
  section.add("label_smoothing", train.label_smoothing);
  add_optimizer(all, train.optimizer);
  add_schedule(all, train.schedule);
  add_augment(all, train.augment);
  if (train.clip.kind != ClipKind::none) {
    section.add("clip", fmt::format("{} {}", to_word(train.clip.kind), to_text(train.clip.limit)));
  }
  if (train.ema > 0) section.add("ema", train.ema);
  add_early_stopping(all, train.early_stopping);
  return all;
}

}  // namespace castnet::codegen
