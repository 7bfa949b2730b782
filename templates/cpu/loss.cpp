// -- forward
cross_entropy_forward<loss_shape>(
    $x$, targets_[b].data(), probabilities_[b].data(), losses_.data() + b * kLanes);
// -- backward
cross_entropy_backward<loss_shape>(probabilities_[b].data(), targets_[b].data(), $dx$);
