// The fields of optimizers, their penalties, and learning rate schedules.
#pragma once

#include <string>
#include <tuple>

#include "castnet_shared/limits.hpp"
#include "ir/fields.hpp"

namespace castnet::codegen {

/// The learning rate of a schedule that gives none. It depends on the optimizer, as the sizes of
/// their steps differ by orders of magnitude.
double usual_rate(OptimizerKind kind);

/// The usual rate of each optimizer as text: "sgd 0.1, adam 0.001, …".
std::string usual_rates();

template <>
struct TableOf<PenaltySpec> {
  using P = PenaltySpec;
  static constexpr std::string_view kTitle = "Penalties";
  static constexpr Spelling kSpelling = Spelling::shorthand;
  static std::string everything() { return "every parameter"; }

  static constexpr std::tuple kFields{
      field(&P::factor, {.name = "factor",
                         .doc = "strength of the penalty",
                         .range = from_to(0, 1),
                         .example = "1e-4",
                         .required = true}),
      field(&P::on,
            {.name = "on",
             .doc = "parameters that are penalised",
             .rule = "`weights` (of convolutions and linear layers), `depthwise` (weights of "
                     "depthwise convolutions), `biases`, `norms` (scales and shifts), `slopes` "
                     "(of PReLU), names of layers",
             .example = "[norms, C1]",
             .beside = "factor: 1e-5",
             .zero_is_none = true,
             .usual = everything})};
};

template <>
struct TableOf<OptimizerSpec> {
  using enum OptimizerKind;
  using O = OptimizerSpec;
  static constexpr std::string_view kTitle = "Optimizer";
  static constexpr Spelling kSpelling = Spelling::choice;

  static OptimizerSpec usual(OptimizerKind kind) {
    OptimizerSpec optimizer;
    optimizer.kind = kind;
    if (kind == muon) {
      optimizer.momentum = 0.95;
      optimizer.nesterov = true;
    }
    return optimizer;
  }
  static std::string one() { return "1"; }

  static constexpr std::tuple kFields{
      field(&O::momentum, {.name = "momentum",
                           .doc = "momentum coefficient",
                           .range = from_below(0, 1),
                           .example = "0.9",
                           .kinds = kinds(sgd, muon)}),
      field(&O::nesterov, {.name = "nesterov",
                           .doc = "whether to use Nesterov momentum",
                           .rule = "`true` needs a momentum",
                           .example = "true",
                           .beside = "momentum: 0.9",
                           .kinds = kinds(sgd, muon)}),
      field(&O::beta1, {.name = "beta1",
                        .doc = "decay rate of the first moment",
                        .range = from_below(0, 1),
                        .example = "0.8",
                        .kinds = kinds(adam, adamw)}),
      field(&O::beta2, {.name = "beta2",
                        .doc = "decay rate of the second moment",
                        .range = from_below(0, 1),
                        .example = "0.99",
                        .kinds = kinds(adam, adamw)}),
      field(&O::epsilon, {.name = "eps",
                          .doc = "value added to the square root",
                          .range = from_to(1e-12, 1),
                          .example = "1e-6",
                          .kinds = kinds(adam, adamw),
                          .member = "epsilon"}),
      field(&O::weight_decay, {.name = "weight_decay",
                               .doc = "L2 penalty: this factor times the weight is added to the "
                                      "gradient (adamw, muon: decoupled weight decay)",
                               .example = "5e-4",
                               .elsewhere = true}),
      field(&O::l1, {.name = "l1",
                     .doc = "L1 penalty: this factor times the sign is added to the gradient",
                     .example = "1e-5",
                     .elsewhere = true}),
      field(&O::rates, {.name = "rates",
                        .doc = "factors of the learning rate by kind of parameter or by layer",
                        .range = from_to(0, 1000),
                        .rule = "see [Penalties](#penalties)",
                        .example = "{norms: 4}",
                        .zero_is_none = true,
                        .elsewhere = true,
                        .usual = one})};
};

template <>
struct TableOf<ScheduleSpec> {
  using enum ScheduleKind;
  using S = ScheduleSpec;
  static constexpr std::string_view kTitle = "Schedule";
  static constexpr Spelling kSpelling = Spelling::choice;
  static constexpr Range kRate = above_to(0, 100);

  static constexpr std::tuple kFields{
      field(&S::rate, {.name = "rate",
                       .doc = "learning rate",
                       .unit = "learning rate",
                       .range = kRate,
                       .example = "0.05",
                       .kinds = kinds(constant, step, multi_step, cosine),
                       .usual = usual_rates}),
      field(&S::rate, {.name = "peak",
                       .doc = "highest learning rate",
                       .unit = "learning rate",
                       .range = kRate,
                       .example = "0.2",
                       .kinds = kinds(one_cycle),
                       .member = "rate",
                       .usual = usual_rates}),
      field(&S::factor, {.name = "factor",
                         .doc = "factor of each drop",
                         .range = above_to(0, 1),
                         .example = "0.5",
                         .kinds = kinds(step, multi_step)}),
      field(&S::every, {.name = "every",
                        .doc = "epochs between drops",
                        .unit = "epochs",
                        .range = from_to(1, kMostEpochs),
                        .example = "5",
                        .kinds = kinds(step)}),
      field(&S::milestones, {.name = "milestones",
                             .doc = "epochs at which the rate drops",
                             .unit = "epochs",
                             .range = from_to(1, kMostEpochs),
                             .rule = "rising, below `epochs`",
                             .example = "[10, 15]",
                             .kinds = kinds(multi_step),
                             .required = true}),
      field(&S::minimum, {.name = "minimum",
                          .doc = "last learning rate",
                          .unit = "learning rate",
                          .range = from_to(0, 100),
                          .rule = "at most `rate`",
                          .example = "1e-4",
                          .kinds = kinds(cosine)}),
      field(&S::warmup, {.name = "warmup",
                         .doc = "share of the steps before the peak",
                         .unit = "share of all steps",
                         .range = from_below(0, 1),
                         .example = "0.3",
                         .kinds = kinds(one_cycle)}),
      field(&S::start_factor, {.name = "start_factor",
                               .doc = "first rate / peak",
                               .range = above_to(0, 1),
                               .example = "0.1",
                               .kinds = kinds(one_cycle)}),
      field(&S::final_factor, {.name = "final_factor",
                               .doc = "last rate / peak",
                               .range = from_to(0, 1),
                               .example = "0",
                               .kinds = kinds(one_cycle)}),
      field(&S::anneal, {.name = "anneal",
                         .doc = "shape of the rise and the fall",
                         .example = "cosine",
                         .kinds = kinds(one_cycle)})};
};

}  // namespace castnet::codegen
