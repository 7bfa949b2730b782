#include "spec/train_settings.hpp"

#include <fmt/core.h>

#include "ir/train_fields.hpp"
#include "spec/augment_settings.hpp"
#include "spec/optimizer_settings.hpp"
#include "spec/record.hpp"

namespace castnet::codegen {
namespace {

void check_batch(Reader& reader, int batch, const DataSetFacts* data) {
  const Location* const where = reader.given("train.batch");
  if (!where) return;
  if (const int over = batch % kBatchStep; over != 0) {
    const int lower = batch - over;
    reader.error(*where,
                 fmt::format("'batch' must be a multiple of {}, not {}; the nearest are {} and {}",
                             kBatchStep, batch, lower, lower + kBatchStep));
  } else if (data && data->training_images > 0 && batch > data->training_images) {
    reader.error(*where, fmt::format("'batch' {} is more than the {} training images of '{}'",
                                     batch, data->training_images, data->name));
  }
}

}  // namespace

Form train_form() { return mapping_form(record_keys<TrainSpec>()); }

TrainSpec read_train(Reader& reader, const YamlValue* value, const DataSetFacts* data,
                     const std::vector<LayerSpec>* layers) {
  TrainSpec train;
  reader.layers = layers;
  if (value) {
    reader.under("train", value->where,
                 [&] { read_mapping(reader, *value, "train", record_keys<TrainSpec>(), train); });
  }
  check_batch(reader, train.batch, data);
  check_optimizer(reader, train.optimizer);
  finish_schedule(reader, train, train.schedule);
  check_augment(reader, train.augment, data);
  return train;
}

}  // namespace castnet::codegen
