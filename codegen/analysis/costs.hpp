// The costs of a spec, in the units of its budget.
#pragma once

#include <span>
#include <string_view>

#include "ir/data_fields.hpp"
#include "ir/plan.hpp"

namespace castnet::codegen {

/// A cost, and the layer that contributes most to it.
struct Cost {
  std::int64_t value = 0;
  std::string layer;
  std::int64_t of_layer = 0;
  bool operator==(const Cost&) const = default;
};

/// Memory is in bytes of float32. A layer's part of it consists of its parameters (in training also
/// their gradients, optimiser state and averages), its running statistics, and its live outputs,
/// gradients and scratch memory. These buffers are counted at the operation at which the buffers of
/// all layers take most. The layer whose kernels need the largest workspace has that, too.
struct Costs {
  Cost parameters;    ///< trainable
  Cost macs;          ///< multiply-adds of one image, forward
  Cost train_memory;  ///< all arenas of the trainer, and a workspace for each block of images
  /// The memory of evaluation: parameters, running statistics, and the activations and workspaces
  /// of forward.
  Cost inference_memory;
  /// The side of the receptive field in pixels, before global pooling and fully connected layers,
  /// which see everything.
  Cost receptive_field;
  std::int64_t train_activations = 0;      ///< part of the train memory
  std::int64_t inference_activations = 0;  ///< part of the inference memory
  std::int64_t train_workspace = 0;        ///< part of the train memory, for each thread
  std::int64_t inference_workspace = 0;    ///< part of the inference memory, for each thread
  bool operator==(const Costs&) const = default;
};

Costs costs(const Spec& spec, const Plans& plans);

/// One kind of limit.
struct Limit {
  std::string_view unit;  ///< follows the value in a sentence
  std::int64_t Budget::*limit;
  Cost Costs::*cost;
  bool at_least = false;
  bool by_target = false;  ///< whether the cost depends on the target

  std::string_view key() const { return name_of(limit); }  ///< its key in the spec's budget
};

/// Every kind of limit, in the order of Budget.
std::span<const Limit> limits();

/// The distance of the cost from the limit; negative if the limit is broken.
std::int64_t margin(const Limit& limit, const Budget& budget, const Costs& costs);

}  // namespace castnet::codegen
