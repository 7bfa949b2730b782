// -- forward
cross_entropy_forward<loss_shape>(
    stream, $x$, targets_, probabilities_, losses_);
// -- backward
cross_entropy_backward<loss_shape>(stream, probabilities_, targets_, $dx$);
