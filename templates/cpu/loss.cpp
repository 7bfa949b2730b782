// -- shapes
constexpr LossShape loss_shape{.batch = kBatch, .classes = $classes$};
// -- forward
cross_entropy_forward<loss_shape>(
    $x$, labels_.data(), mode == Mode::train ? kRecipe.label_smoothing : 0.0,
    probabilities_.data(), losses_.data());
// -- backward
cross_entropy_backward<loss_shape>(probabilities_.data(), labels_.data(),
                                   kRecipe.label_smoothing, $dx$);
