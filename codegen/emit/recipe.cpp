#include "emit/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "analysis/parameter_groups.hpp"
#include "emit/walk.hpp"
#include "ir/words.hpp"

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

/// A row a group, and behind it the tensors that it holds; before it where that is too long.
Values group_values(const std::vector<ParameterGroup>& groups) {
  constexpr std::size_t kIndentation = 4;
  std::string rows;
  for (const ParameterGroup& group : groups) {
    const std::string row = fmt::format("{{{{{}, {}}}, {}, {}, {}, {}}},", group.offset,
                                        group.elements, to_text(group.weight_decay),
                                        to_text(group.l1), to_text(group.rate), group.matrix_rows);
    std::string comment = "// " + group.first;
    if (group.last != group.first) comment += " to " + group.last;
    const bool fits = kIndentation + row.size() + 2 + comment.size() <= kColumns;
    rows += fits ? row + "  " + comment + '\n' : comment + '\n' + row + '\n';
  }
  return {{"group_count", fmt::to_string(groups.size())}, {"groups", rows}};
}

using Members = std::vector<std::string>;

/// `.name = value`
std::string member(std::string_view name, const std::string& value) {
  return fmt::format(".{} = {}", name, value);
}

std::string member(std::string_view name, double value) { return member(name, to_text(value)); }
std::string member(std::string_view name, int value) { return member(name, fmt::to_string(value)); }

std::string member(std::string_view name, Border value) {
  return member(name, fmt::format("Border::{}", to_word(value)));
}

/// A line each, below the first, which stands in so many columns.
std::string below(const Members& members, std::size_t columns) {
  return fmt::format("{}", fmt::join(members, ",\n" + std::string(columns, ' ')));
}

constexpr std::size_t kAugmentColumns = 16;  // "    .augment = {"

/// `.name = {members}`
std::string nested(std::string_view name, const Members& members) {
  const std::string begin = fmt::format(".{} = {{", name);
  return begin + below(members, kAugmentColumns + begin.size()) + '}';
}

/// Members of AugmentRecipe that do something.
std::string augment_members(const AugmentSpec& augment) {
  Members all;
  if (const auto& s = augment.shift_scale_rotate) {
    all.push_back(
        nested("shift_scale_rotate",
               {member("shift", s->shift), member("scale", s->scale), member("degrees", s->degrees),
                member("probability", s->probability), member("border", s->border)}));
  }
  if (const auto& r = augment.rotation) {
    all.push_back(
        nested("rotation", {member("degrees", r->degrees), member("probability", r->probability),
                            member("border", r->border)}));
  }
  if (const auto& r = augment.resized_crop) {
    all.push_back(
        nested("resized_crop",
               {member("least_area", r->least_area), member("most_area", r->most_area),
                member("least_aspect", r->least_aspect), member("most_aspect", r->most_aspect),
                member("probability", r->probability)}));
  }
  if (augment.crop > 0) {
    all.push_back(member("crop", augment.crop));
    all.push_back(member("crop_border", augment.crop_border));
  }
  if (augment.flip != Flip::none) {
    all.push_back(fmt::format(".flip = AugmentRecipe::Flip::{}", to_word(augment.flip)));
  }
  if (const auto& j = augment.colour_jitter) {
    all.push_back(nested("colour_jitter",
                         {member("brightness", j->brightness), member("contrast", j->contrast),
                          member("saturation", j->saturation), member("hue", j->hue),
                          member("probability", j->probability)}));
  }
  if (const auto& c = augment.cutout) {
    all.push_back(
        nested("cutout", {member("size", c->size), member("probability", c->probability)}));
  }
  if (augment.mixup > 0) all.push_back(member("mixup", augment.mixup));
  return below(all, kAugmentColumns);
}

std::string early_stopping_members(const std::optional<EarlyStoppingSpec>& stopping) {
  if (!stopping) return {};
  constexpr std::size_t kStoppingColumns = 23;  // "    .early_stopping = {"
  return below({fmt::format(".metric = EarlyStoppingRecipe::Metric::{}", to_word(stopping->metric)),
                member("patience", stopping->patience), member("min_change", stopping->min_change)},
               kStoppingColumns);
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
