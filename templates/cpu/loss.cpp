// -- forward
cross_entropy_forward<loss_shape>(
    $x$, targets_.data(), probabilities_.data(), losses_.data());
// -- backward
cross_entropy_backward<loss_shape>(probabilities_.data(), targets_.data(), $dx$);
