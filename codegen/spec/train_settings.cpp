#include "spec/train_settings.hpp"

#include <fmt/core.h>

#include <array>
#include <optional>
#include <string>

#include "spec/augment_settings.hpp"
#include "spec/optimizer_settings.hpp"

namespace castnet::codegen {

/// A TrainSpec, and what it alone would lose: what was given, and where.
struct TrainSettings : TrainSpec {
  Maybe<int> given_batch;
  OptimizerSettings given_optimizer;
  Maybe<ScheduleSettings> given_schedule;
  AugmentSettings given_augment;
};

void read_value(Reader&, const Value&, const KeyFacts&, ClipSpec& out);
void read_value(Reader&, const Value&, const KeyFacts&, std::optional<EarlyStoppingSpec>& out);
Form form_of(Type<ClipSpec>, const KeyFacts&);
Form form_of(Type<std::optional<EarlyStoppingSpec>>, const KeyFacts&);

namespace {

constexpr int kBatchStep = 16;  // images that the CPU target works on side by side
constexpr std::array<std::string_view, 1> kNoStopping = {"none"};
constexpr std::string_view kClips[] = {"none", "norm", "value"};
constexpr std::string_view kMetrics[] = {"test_loss", "test_accuracy", "train_loss",
                                         "train_accuracy"};

/// The choices after `none`; each holds its limit.
const std::vector<Key<ClipSpec>>& clip_keys() {
  using C = ClipSpec;
  constexpr Range kLimit = above_to(0, 1e6);
  static const std::vector<Key<C>> kKeys = {
      make_key<C, &C::limit>("norm", "of all gradients together, at most", kLimit),
      make_key<C, &C::limit>("value", "of each element, at most", kLimit)};
  return kKeys;
}

const std::vector<Key<EarlyStoppingSpec>>& early_stopping_keys() {
  using E = EarlyStoppingSpec;
  static const std::vector<Key<E>> kKeys = {
      make_key<E, &E::metric>("metric", "what must change for the better", {}, kMetrics),
      make_key<E, &E::patience>("patience", "epochs without such a change",
                                from_to(1, kMostEpochs)),
      make_key<E, &E::min_change>("min_change", "the least that counts as a change", from(0))};
  return kKeys;
}

const std::vector<Key<Budget>>& budget_keys() {
  using B = Budget;
  constexpr Range kCount = from_to(1, 1e15);
  static const std::vector<Key<B>> kKeys = {
      make_key<B, &B::parameters>("parameters", "trainable parameters, at most", kCount),
      make_key<B, &B::macs>("macs", "multiply-adds an image, forward, at most", kCount),
      make_key<B, &B::train_memory>("train_memory", "bytes to train a batch, at most", kCount),
      make_key<B, &B::inference_memory>("inference_memory", "bytes to evaluate a batch, at most",
                                        kCount),
      make_key<B, &B::receptive_field>("receptive_field", "side in pixels, at least", kCount)};
  return kKeys;
}

const std::vector<Key<TrainSettings>>& train_keys() {
  using T = TrainSettings;
  static const std::vector<Key<T>> kKeys = {
      make_key<T, &T::epochs>("epochs", "passes over the training images", from_to(1, kMostEpochs)),
      make_key<T, &T::given_batch>("batch", "images a step, a multiple of 16", from_to(16, 65536)),
      make_key<T, &T::seed>("seed", "of all random numbers", from_to(0, 9007199254740991.0)),
      make_key<T, &T::label_smoothing>("label_smoothing", "mass on all classes", from_below(0, 1)),
      make_key<T, &T::given_optimizer>("optimizer", "sgd, adam, adamw or muon"),
      make_key<T, &T::given_schedule>("schedule", "learning rate over the run"),
      make_key<T, &T::given_augment>("augment", "random changes of training images"),
      make_key<T, &T::clip>("clip", "bound of the gradient: its norm, or each element's value"),
      make_key<T, &T::ema>("ema", "decay of the weights' moving average", from_below(0, 1)),
      make_key<T, &T::early_stopping>("early_stopping", "ends a run that gets no better")};
  return kKeys;
}

void check_batch(Reader& reader, const Given<int>& batch, const DataSetFacts* data) {
  if (const int over = batch.value % kBatchStep; over != 0) {
    const int lower = batch.value - over;
    reader.error(batch.where,
                 fmt::format("'batch' must be a multiple of {}, not {}; the nearest are {} and {}",
                             kBatchStep, batch.value, lower, lower + kBatchStep));
  } else if (data && data->training_images > 0 && batch.value > data->training_images) {
    reader.error(batch.where, fmt::format("'batch' {} is more than the {} training images of '{}'",
                                          batch.value, data->training_images, data->name));
  }
}

}  // namespace

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, ClipSpec& out) {
  const auto choice = read_choice(reader, value, facts.name, kClips);
  if (!choice) return;
  ClipSpec clip;
  clip.kind = static_cast<ClipKind>(choice->index);
  if (clip.kind == ClipKind::none) {
    read_settings(reader, *choice, std::vector<Key<ClipSpec>>{}, clip);
  } else {
    Value none;
    none.where = choice->where;
    const Key<ClipSpec>& limit = clip_keys()[choice->index - 1];
    limit.read(reader, choice->settings ? *choice->settings : none, limit, clip);
  }
  out = clip;
}

Form form_of(Type<ClipSpec>, const KeyFacts&) {
  Form form = mapping_form(clip_keys());
  form.kind = FormKind::choice;
  form.properties.insert(form.properties.begin(), {std::string(kClips[0]), "", false, Form{}});
  return form;
}

/// Nothing stands for none, so that a variant can undo what the spec has.
void read_value(Reader& reader, const Value& value, const KeyFacts& facts,
                std::optional<EarlyStoppingSpec>& out) {
  if (value.kind == ValueKind::mapping) {
    return read_mapping(reader, value, facts.name, early_stopping_keys(), out.emplace());
  }
  if (value.kind != ValueKind::null && value.text != kNoStopping.front()) {
    report_type(reader, value, facts, "a mapping (key: value) or 'none'");
  }
}

Form form_of(Type<std::optional<EarlyStoppingSpec>>, const KeyFacts&) {
  return either({word_form(kNoStopping), mapping_form(early_stopping_keys())});
}

void read_value(Reader& reader, const Value& value, const KeyFacts& facts, Budget& out) {
  read_mapping(reader, value, facts.name, budget_keys(), out);
  out.where = value.where;
}

Form form_of(Type<Budget>, const KeyFacts&) { return mapping_form(budget_keys()); }

Form train_form() { return mapping_form(train_keys()); }

TrainSpec read_train(Reader& reader, const Value* train, const DataSetFacts* data,
                     const std::vector<LayerSpec>* layers) {
  TrainSettings settings;
  if (train) read_mapping(reader, *train, "train", train_keys(), settings);
  if (settings.given_batch) {
    settings.batch = settings.given_batch->value;
    check_batch(reader, *settings.given_batch, data);
  }
  settings.optimizer = finish_optimizer(reader, settings.given_optimizer, layers);
  settings.schedule =
      finish_schedule(reader, settings.given_schedule, settings.optimizer.kind, settings.epochs);
  settings.augment = finish_augment(reader, settings.given_augment, data);
  return settings;
}

}  // namespace castnet::codegen
