#include "emit/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace castnet::codegen {
namespace {

std::string_view to_word(ScheduleKind kind) {
  static constexpr std::array<std::string_view, 5> kWords{"constant", "step", "multi_step",
                                                          "cosine", "one_cycle"};
  return kWords.at(static_cast<std::size_t>(kind));
}

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
          {"anneal", schedule.anneal == Anneal::linear ? "linear" : "cosine"}};
}

Values optimizer_values(const OptimizerSpec& optimizer) {
  return {{"optimizer", std::string(to_word(optimizer.kind))},
          {"momentum", to_text(optimizer.momentum)},
          {"nesterov", to_word(optimizer.nesterov)},
          {"beta1", to_text(optimizer.beta1)},
          {"beta2", to_text(optimizer.beta2)},
          {"epsilon", to_text(optimizer.epsilon)},
          {"weight_decay", to_text(optimizer.weight_decay)},
          {"l1", to_text(optimizer.l1)}};
}

}  // namespace

std::string_view to_word(OptimizerKind kind) {
  static constexpr std::array<std::string_view, 3> kWords{"sgd", "adam", "adamw"};
  return kWords.at(static_cast<std::size_t>(kind));
}

int state_tensors(const OptimizerSpec& optimizer) {
  if (optimizer.kind != OptimizerKind::sgd) return 2;
  return optimizer.momentum > 0 ? 1 : 0;
}

Values recipe_values(const Spec& spec) {
  const TrainSpec& train = spec.train;
  Values values{
      {"name", spec.name},
      {"variant", spec.variant},
      {"data", spec.data.name},
      {"batch", fmt::to_string(train.batch)},
      {"classes", fmt::to_string(spec.data.classes)},
      {"channels", fmt::to_string(spec.data.image.channels)},
      {"height", fmt::to_string(spec.data.image.height)},
      {"width", fmt::to_string(spec.data.image.width)},
      {"mean", join(spec.data.mean)},
      {"deviation", join(spec.data.deviation)},
      {"epochs", fmt::to_string(train.epochs)},
      {"seed", fmt::to_string(train.seed)},
      {"label_smoothing", to_text(train.label_smoothing)},
      {"crop", fmt::to_string(train.augment.crop)},
      {"crop_padding", train.augment.crop_padding == CropPadding::zero ? "zero" : "reflect"},
      {"flip", to_word(train.augment.flip)}};
  values.merge(schedule_values(train.schedule));
  values.merge(optimizer_values(train.optimizer));
  return values;
}

}  // namespace castnet::codegen
