// -- headers
#include "kernels/cpu/optimizer.hpp"
// -- muon_headers
#include "kernels/cpu/muon.hpp"
// -- clip_norm
clip_norm(kParameters, gradients_.data(), kRecipe.clip.limit);
// -- clip_value
clip_value(kParameters, gradients_.data(), kRecipe.clip.limit);
// -- sgd
sgd_update(kGroups, parameters_.data(), gradients_.data(), optimizer_state_.data(),
           step.learning_rate, kRecipe.optimizer.momentum, kRecipe.optimizer.nesterov);
// -- adam
adam_update(kGroups, parameters_.data(), gradients_.data(), optimizer_state_.data(),
            optimizer_state_.data() + kParameters, step.number, step.learning_rate,
            kRecipe.optimizer.beta1, kRecipe.optimizer.beta2, kRecipe.optimizer.epsilon);
// -- adamw
adamw_update(kGroups, parameters_.data(), gradients_.data(), optimizer_state_.data(),
             optimizer_state_.data() + kParameters, step.number, step.learning_rate,
             kRecipe.optimizer.beta1, kRecipe.optimizer.beta2, kRecipe.optimizer.epsilon);
// -- muon
muon_update<Real>(kGroups, parameters_.data(), gradients_.data(), optimizer_state_.data(),
                  optimizer_scratch_.data(), step.learning_rate,
                  kRecipe.optimizer.momentum, kRecipe.optimizer.nesterov);
// -- average
average_weights(kParameters, parameters_.data(), averages_.data(), kRecipe.ema, step.number);
average_weights(kStatistics, statistics_.data(), averages_.data() + kParameters, kRecipe.ema,
                step.number);
