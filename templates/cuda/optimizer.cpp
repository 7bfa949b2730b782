// -- headers
#include "kernels/cuda/optimizer.hpp"
// -- muon_headers
#include "kernels/cuda/muon.hpp"
// -- clip_norm
clip_norm(stream, kAligned, gradients_.data(), kRecipe.clip.limit, clip_factor_);
// -- clip_value
clip_value(stream, kAligned, gradients_.data(), kRecipe.clip.limit);
// -- sgd
sgd_update(stream, kAlignedGroups, parameters_.data(), gradients_.data(),
           optimizer_state_.data(), step_,
           kRecipe.optimizer.momentum, kRecipe.optimizer.nesterov);
// -- adam
adam_update(stream, kAlignedGroups, parameters_.data(), gradients_.data(),
            optimizer_state_.data(), optimizer_state_.data() + kAligned, step_,
            kRecipe.optimizer.beta1, kRecipe.optimizer.beta2, kRecipe.optimizer.epsilon);
// -- adamw
adamw_update(stream, kAlignedGroups, parameters_.data(), gradients_.data(),
             optimizer_state_.data(), optimizer_state_.data() + kAligned, step_,
             kRecipe.optimizer.beta1, kRecipe.optimizer.beta2, kRecipe.optimizer.epsilon);
// -- muon
muon_update(stream, kAlignedGroups, parameters_.data(), gradients_.data(),
            optimizer_state_.data(), optimizer_scratch_.data(), step_,
            kRecipe.optimizer.momentum, kRecipe.optimizer.nesterov);
// -- average
average_weights(stream, kAligned, parameters_.data(), averages_.data(), kRecipe.ema, step_);
average_weights(stream, kStatistics, statistics_.data(), averages_.data() + kAligned, kRecipe.ema,
                step_);
