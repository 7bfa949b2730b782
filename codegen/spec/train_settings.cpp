#include "spec/train_settings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <string>

namespace castnet::codegen {

// The structs that tables fill where a TrainSpec alone would lose what was given and where.

/// A schedule as given: without a rate the optimiser's usual one holds.
struct ScheduleSettings : ScheduleSpec {
  Maybe<double> given_rate;
  Maybe<double> given_minimum;
};

struct AugmentSettings {
  AugmentSpec spec;
  Location crop_where;
  bool crop_given = false;
};

struct TrainSettings : TrainSpec {
  Maybe<int> given_batch;
  Maybe<OptimizerSpec> given_optimizer;
  Maybe<ScheduleSettings> given_schedule;
  AugmentSettings given_augment;
};

void read_value(Reader&, const Value&, const KeyFacts&, PenaltySpec& out);
void read_value(Reader&, const Value&, const KeyFacts&, OptimizerSpec& out);
void read_value(Reader&, const Value&, const KeyFacts&, ScheduleSettings& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::vector<int>& out);
void read_value(Reader&, const Value&, const KeyFacts&, AugmentSettings& out);

namespace {

constexpr int kMostEpochs = 100000;
constexpr int kBatchStep = 16;  // images that the CPU target works on side by side
constexpr std::string_view kOptimizers[] = {"sgd", "adam", "adamw"};
constexpr std::string_view kSchedules[] = {"constant", "step", "multi_step", "cosine", "one_cycle"};
constexpr std::string_view kAnneals[] = {"linear", "cosine"};
constexpr std::string_view kCropModes[] = {"zero", "black", "reflect"};
constexpr std::string_view kAugments[] = {"crop", "flip"};

const std::vector<Key<OptimizerSpec>>& optimizer_keys(OptimizerKind kind) {
  using O = OptimizerSpec;
  static const auto decay =
      make_key<O, &O::weight_decay>("weight_decay", "L2 factor (AdamW: decoupled)", from_to(0, 1));
  static const auto l1 = make_key<O, &O::l1>("l1", "L1 factor", from_to(0, 1));
  static const std::vector<Key<O>> kSgd = {
      make_key<O, &O::momentum>("momentum", "share of the last step", from_below(0, 1)),
      make_key<O, &O::nesterov>("nesterov", "looks ahead by the momentum"), decay, l1};
  static const std::vector<Key<O>> kAdam = {
      make_key<O, &O::beta1>("beta1", "decay of the mean gradient", from_below(0, 1)),
      make_key<O, &O::beta2>("beta2", "decay of the mean square", from_below(0, 1)),
      make_key<O, &O::epsilon>("eps", "added to the root", from_to(1e-12, 1)), decay, l1};
  return kind == OptimizerKind::sgd ? kSgd : kAdam;
}

const std::vector<Key<ScheduleSettings>>& schedule_keys(ScheduleKind kind) {
  using S = ScheduleSettings;
  constexpr Range kRate = above_to(0, 100);
  static const auto rate = make_key<S, &S::given_rate>("rate", "learning rate", kRate);
  static const auto factor = make_key<S, &S::factor>("factor", "of each drop", above_to(0, 1));
  static const std::vector<Key<S>> kConstant = {rate};
  static const std::vector<Key<S>> kStep = {
      rate, factor,
      make_key<S, &S::every>("every", "epochs between drops", from_to(1, kMostEpochs))};
  static const std::vector<Key<S>> kMulti = {
      rate, factor,
      make_key<S, &S::milestones>("milestones", "epochs at which it drops",
                                  from_to(1, kMostEpochs))};
  static const std::vector<Key<S>> kCosine = {
      rate, make_key<S, &S::given_minimum>("minimum", "the last rate", from_to(0, 100))};
  static const std::vector<Key<S>> kOneCycle = {
      make_key<S, &S::given_rate>("peak", "highest rate", kRate),
      make_key<S, &S::warmup>("warmup", "share of the steps up to the peak", from_below(0, 1)),
      make_key<S, &S::start_factor>("start_factor", "first rate / peak", above_to(0, 1)),
      make_key<S, &S::final_factor>("final_factor", "last rate / peak", from_to(0, 1)),
      make_key<S, &S::anneal>("anneal", "form of both slopes", {}, kAnneals)};
  switch (kind) {
    case ScheduleKind::constant:
      return kConstant;
    case ScheduleKind::step:
      return kStep;
    case ScheduleKind::multi_step:
      return kMulti;
    case ScheduleKind::cosine:
      return kCosine;
    case ScheduleKind::one_cycle:
      return kOneCycle;
  }
  return kConstant;
}

const std::vector<Key<TrainSettings>>& train_keys() {
  using T = TrainSettings;
  static const std::vector<Key<T>> kKeys = {
      make_key<T, &T::epochs>("epochs", "passes over the training images", from_to(1, kMostEpochs)),
      make_key<T, &T::given_batch>("batch", "images a step, a multiple of 16", from_to(16, 65536)),
      make_key<T, &T::seed>("seed", "of all random numbers", from_to(0, 9007199254740991.0)),
      make_key<T, &T::label_smoothing>("label_smoothing", "mass on all classes", from_below(0, 1)),
      make_key<T, &T::given_optimizer>("optimizer", "sgd, adam or adamw"),
      make_key<T, &T::given_schedule>("schedule", "learning rate over the run"),
      make_key<T, &T::given_augment>("augment", "random changes of training images")};
  return kKeys;
}

void read_crop(Reader& reader, const Value& value, AugmentSettings& augment) {
  using A = AugmentSpec;
  static const std::vector<Key<A>> kKeys = {
      make_key<A, &A::crop>("padding", "pixels on each side", from_to(1, 64)),
      make_key<A, &A::crop_border>("mode", "what the padding holds", {}, kCropModes)};
  if (value.kind == ValueKind::mapping) {
    read_mapping(reader, value, "crop", kKeys, augment.spec);
    if (!value.find("padding")) reader.error(value.where, "'crop' needs a 'padding'");
  } else {
    KeyFacts crop = kKeys[0];
    crop.name = "crop";
    read_value(reader, value, crop, augment.spec.crop);
  }
  augment.crop_where = value.where;
  augment.crop_given = true;
}

void check_batch(Reader& reader, const Given<int>& batch, const DataSetFacts* data) {
  if (const int over = batch.value % kBatchStep; over != 0) {
    const int lower = batch.value - over;
    reader.error(batch.where,
                 fmt::format("'batch' must be a multiple of {}, not {}; the nearest are {} and {}",
                             kBatchStep, batch.value, lower, lower + kBatchStep));
  } else if (data && batch.value > data->training_images) {
    reader.error(batch.where, fmt::format("'batch' {} is more than the {} training images of '{}'",
                                          batch.value, data->training_images, data->name));
  }
}

/// Rates without a value, and what must hold between a schedule's keys.
ScheduleSpec finish_schedule(Reader& reader, const Maybe<ScheduleSettings>& given,
                             OptimizerKind optimizer, int epochs) {
  // SGD's and Adam's usual step sizes differ by two orders.
  const double usual = optimizer == OptimizerKind::sgd ? 0.1 : 0.001;
  ScheduleSettings settings = given ? given->value : ScheduleSettings{};
  if (!given) settings.kind = ScheduleKind::one_cycle;
  settings.rate = settings.given_rate ? settings.given_rate->value : usual;
  if (settings.given_minimum) {
    settings.minimum = settings.given_minimum->value;
    if (settings.minimum > settings.rate) {
      reader.error(settings.given_minimum->where, fmt::format("'minimum' {} is above the rate {}",
                                                              settings.minimum, settings.rate));
    }
  }
  if (settings.kind == ScheduleKind::multi_step) {
    const bool rising = std::adjacent_find(settings.milestones.begin(), settings.milestones.end(),
                                           std::greater_equal<>()) == settings.milestones.end();
    if (settings.milestones.empty()) {
      reader.error(given->where, "'multi_step' needs 'milestones', as in '[10, 15]'");
    } else if (!rising || settings.milestones.back() >= epochs) {
      reader.error(given->where,
                   fmt::format("'milestones' must rise and stay below the {} epochs", epochs));
    }
  }
  return settings;
}

void check_augment(Reader& reader, const AugmentSettings& augment, const DataSetFacts* data) {
  if (!augment.crop_given || !data) return;
  const int side = std::min(data->image.height, data->image.width);
  if (augment.spec.crop >= side) {
    reader.error(augment.crop_where,
                 fmt::format("a crop padding of {} does not fit '{}', whose images are {}x{}",
                             augment.spec.crop, data->name, data->image.height, data->image.width));
  }
}

}  // namespace

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, PenaltySpec& out) {
  read_value(reader, value, facts, out.factor);
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, OptimizerSpec& out) {
  const auto choice = read_choice(reader, value, facts.name, kOptimizers);
  if (!choice) return;
  OptimizerSpec optimizer;
  optimizer.kind = static_cast<OptimizerKind>(choice->index);
  if (choice->settings) {
    const std::size_t before = reader.errors.size();
    read_mapping(reader, *choice->settings, kOptimizers[choice->index],
                 optimizer_keys(optimizer.kind), optimizer);
    if (optimizer.nesterov && optimizer.momentum == 0 && reader.errors.size() == before) {
      reader.error(choice->settings->where, "'nesterov' needs a 'momentum' above 0");
    }
  }
  out = optimizer;
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, ScheduleSettings& out) {
  const auto choice = read_choice(reader, value, facts.name, kSchedules);
  if (!choice) return;
  ScheduleSettings schedule;
  schedule.kind = static_cast<ScheduleKind>(choice->index);
  if (choice->settings) {
    read_mapping(reader, *choice->settings, kSchedules[choice->index], schedule_keys(schedule.kind),
                 schedule);
  }
  out = std::move(schedule);
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, std::vector<int>& out) {
  if (value.kind != ValueKind::sequence) {
    reader.error(value.where, fmt::format("'{}' must be a list, as in '[10, 15]'", facts.name));
    return;
  }
  std::vector<int> numbers;
  for (const Value& item : value.items) {
    int number = 0;
    read_value(reader, item, facts, number);
    numbers.push_back(number);
  }
  out = std::move(numbers);
}

void read_value(Reader& reader, const Value& value, const KeyFacts&, AugmentSettings& out) {
  if (value.kind != ValueKind::sequence) {
    reader.error(value.where, "'augment' must be a list, as in '[{crop: 4}, flip]'");
    return;
  }
  AugmentSettings augment;
  for (const Value& item : value.items) {
    const auto choice = read_choice(reader, item, "augment", kAugments);
    if (!choice) continue;
    const bool crop = kAugments[choice->index] == "crop";
    if (crop ? augment.crop_given : augment.spec.flip != Flip::none) {
      reader.error(item.where, fmt::format("a second '{}'", kAugments[choice->index]));
    } else if (crop && choice->settings) {
      read_crop(reader, *choice->settings, augment);
    } else if (crop) {
      reader.error(item.where, "'crop' needs its padding, as in '{crop: 4}'");
    } else if (choice->settings && choice->settings->kind != ValueKind::null) {
      reader.error(choice->settings->where, "'flip' takes no settings");
    } else {
      augment.spec.flip = Flip::random;
    }
  }
  out = augment;
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, Budget& out) {
  static const std::vector<Key<Budget>> kKeys = {
      make_key<Budget, &Budget::parameters>("parameters", "most trainable parameters",
                                            from_to(1, 1e15)),
      make_key<Budget, &Budget::macs>("macs", "most multiply-adds an image, forward",
                                      from_to(1, 1e15))};
  read_mapping(reader, value, facts.name, kKeys, out);
  out.where = value.where;
}

TrainSpec read_train(Reader& reader, const Value* train, const DataSetFacts* data) {
  TrainSettings settings;
  if (train) read_mapping(reader, *train, "train", train_keys(), settings);
  if (settings.given_batch) {
    settings.batch = settings.given_batch->value;
    check_batch(reader, *settings.given_batch, data);
  }
  if (settings.given_optimizer) settings.optimizer = settings.given_optimizer->value;
  settings.schedule =
      finish_schedule(reader, settings.given_schedule, settings.optimizer.kind, settings.epochs);
  settings.augment = settings.given_augment.spec;
  check_augment(reader, settings.given_augment, data);
  return settings;
}

}  // namespace castnet::codegen
