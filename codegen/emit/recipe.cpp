#include "emit/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ir/words.hpp"
#include "layers/parameter_groups.hpp"

namespace castnet::codegen {
namespace {

std::string to_word(bool value) { return value ? "true" : "false"; }

std::string join(const std::vector<double>& values) {
  std::vector<std::string> words;
  for (const double value : values) words.push_back(to_text(value));
  return fmt::format("{}", fmt::join(words, ", "));
}

Values schedule_values(const ScheduleSpec& schedule) {
  return {{"schedule", std::string(to_word(schedule.kind))},
          {"rate", to_text(schedule.rate)},
          {"factor", to_text(schedule.factor)},
          {"every", fmt::to_string(schedule.every)},
          {"milestone_count", fmt::to_string(schedule.milestones.size())},
          {"milestones", fmt::format("{}", fmt::join(schedule.milestones, ", "))},
          {"minimum", to_text(schedule.minimum)},
          {"warmup", to_text(schedule.warmup)},
          {"start_factor", to_text(schedule.start_factor)},
          {"final_factor", to_text(schedule.final_factor)},
          {"anneal", std::string(to_word(schedule.anneal))}};
}

Values optimizer_values(const OptimizerSpec& optimizer) {
  return {{"optimizer", std::string(to_word(optimizer.kind))},
          {"momentum", to_text(optimizer.momentum)},
          {"nesterov", to_word(optimizer.nesterov)},
          {"beta1", to_text(optimizer.beta1)},
          {"beta2", to_text(optimizer.beta2)},
          {"epsilon", to_text(optimizer.epsilon)}};
}

Values group_values(const std::vector<ParameterGroup>& groups) {
  std::string rows;
  for (const ParameterGroup& group : groups) {
    rows += fmt::format("{{{{{}, {}}}, {}, {}, {}, {}}},\n", group.offset, group.elements,
                        to_text(group.weight_decay), to_text(group.l1), to_text(group.rate),
                        group.matrix_rows);
  }
  return {{"group_count", fmt::to_string(groups.size())}, {"groups", rows}};
}

/// Members of AugmentRecipe that do something, a line each.
std::string augment_members(const AugmentSpec& augment) {
  std::vector<std::string> lines;
  if (const auto& s = augment.shift_scale_rotate) {
    lines.push_back(fmt::format(".shift_scale_rotate = {{{}, {}, {}, {}, Border::{}}}",
                                to_text(s->shift), to_text(s->scale), to_text(s->degrees),
                                to_text(s->probability), to_word(s->border)));
  }
  if (const auto& r = augment.rotation) {
    lines.push_back(fmt::format(".rotation = {{{}, {}, Border::{}}}", to_text(r->degrees),
                                to_text(r->probability), to_word(r->border)));
  }
  if (const auto& r = augment.resized_crop) {
    lines.push_back(fmt::format(".resized_crop = {{{}, {}, {}, {}, {}}}", to_text(r->least_area),
                                to_text(r->most_area), to_text(r->least_aspect),
                                to_text(r->most_aspect), to_text(r->probability)));
  }
  if (augment.crop > 0) {
    lines.push_back(fmt::format(".crop = {}", augment.crop));
    lines.push_back(fmt::format(".crop_border = Border::{}", to_word(augment.crop_border)));
  }
  if (augment.flip != Flip::none) {
    lines.push_back(fmt::format(".flip = AugmentRecipe::Flip::{}", to_word(augment.flip)));
  }
  if (const auto& j = augment.colour_jitter) {
    lines.push_back(fmt::format(".colour_jitter = {{{}, {}, {}, {}, {}}}", to_text(j->brightness),
                                to_text(j->contrast), to_text(j->saturation), to_text(j->hue),
                                to_text(j->probability)));
  }
  if (const auto& c = augment.cutout) {
    lines.push_back(fmt::format(".cutout = {{{}, {}}}", c->size, to_text(c->probability)));
  }
  if (augment.mixup > 0) lines.push_back(fmt::format(".mixup = {}", to_text(augment.mixup)));
  return fmt::format("{}", fmt::join(lines, ",\n                "));
}

std::string early_stopping_members(const std::optional<EarlyStoppingSpec>& stopping) {
  if (!stopping) return {};
  constexpr char kBreak[] = ",\n                       ";  // aligned behind ".early_stopping = {"
  return fmt::format(
      ".metric = EarlyStoppingRecipe::Metric::{0}{3}.patience = {1}{3}.min_change = {2}",
      to_word(stopping->metric), stopping->patience, to_text(stopping->min_change), kBreak);
}

}  // namespace

Values recipe_values(const Spec& spec, const Graph& graph) {
  const TrainSpec& train = spec.train;
  Values values{{"name", spec.name},
                {"variant", spec.variant},
                {"data", spec.data.name},
                {"folder", spec.data.folder},
                {"hold_out", fmt::to_string(spec.data.hold_out)},
                {"batch", fmt::to_string(train.batch)},
                {"classes", fmt::to_string(spec.data.classes)},
                {"channels", fmt::to_string(spec.data.image.channels)},
                {"height", fmt::to_string(spec.data.image.height)},
                {"width", fmt::to_string(spec.data.image.width)},
                {"mean_count", fmt::to_string(spec.data.mean.size())},
                {"mean", join(spec.data.mean)},
                {"deviation", join(spec.data.deviation)},
                {"epochs", fmt::to_string(train.epochs)},
                {"seed", fmt::to_string(train.seed)},
                {"label_smoothing", to_text(train.label_smoothing)},
                {"augment", augment_members(train.augment)},
                {"clip", train.clip.kind == ClipKind::none
                             ? ""
                             : fmt::format(".kind = ClipRecipe::Kind::{}, .limit = {}",
                                           to_word(train.clip.kind), to_text(train.clip.limit))},
                {"ema", to_text(train.ema)},
                {"early_stopping", early_stopping_members(train.early_stopping)}};
  values.merge(schedule_values(train.schedule));
  values.merge(optimizer_values(train.optimizer));
  values.merge(group_values(parameter_groups(train.optimizer, graph)));
  return values;
}

}  // namespace castnet::codegen
