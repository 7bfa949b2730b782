// -- sgd
sgd_update(kParameters, parameters_.data(), gradients_.data(), optimizer_state_.data(),
           step.learning_rate, kRecipe.optimizer.momentum, kRecipe.optimizer.nesterov,
           kRecipe.optimizer.weight_decay, kRecipe.optimizer.l1);
// -- adam
adam_update(kParameters, parameters_.data(), gradients_.data(), optimizer_state_.data(),
            optimizer_state_.data() + kParameters, step.number, step.learning_rate,
            kRecipe.optimizer.beta1, kRecipe.optimizer.beta2, kRecipe.optimizer.epsilon,
            kRecipe.optimizer.weight_decay, kRecipe.optimizer.l1);
// -- adamw
adamw_update(kParameters, parameters_.data(), gradients_.data(), optimizer_state_.data(),
             optimizer_state_.data() + kParameters, step.number, step.learning_rate,
             kRecipe.optimizer.beta1, kRecipe.optimizer.beta2, kRecipe.optimizer.epsilon,
             kRecipe.optimizer.weight_decay, kRecipe.optimizer.l1);
