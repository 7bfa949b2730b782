// The differences between two specs.
#pragma once

#include "analysis/costs.hpp"

namespace castnet::codegen {

enum class Change { none, changed, added, removed };

/// A layer of either spec. Layers are matched by name and in order.
struct LayerChange {
  Change change = Change::none;
  LayerSummary before;  ///< all zeros for an added layer
  LayerSummary after;   ///< all zeros for a removed one
  bool operator==(const LayerChange&) const = default;
};

/// A setting outside of the layers. It is empty where a spec does not have it.
struct SettingChange {
  std::string key;  ///< as `--set` takes it, e.g. train.optimizer.sgd.momentum
  std::string before;
  std::string after;
  bool operator==(const SettingChange&) const = default;
};

struct Comparison {
  std::vector<LayerChange> layers;  ///< the layers of both specs, in order
  Costs before;
  Costs after;
  std::vector<SettingChange> settings;  ///< the settings that differ
  bool operator==(const Comparison&) const = default;
};

Comparison compare(const Spec& before, const Plans& plans_before, const Spec& after,
                   const Plans& plans_after);

}  // namespace castnet::codegen
