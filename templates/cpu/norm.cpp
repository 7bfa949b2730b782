// -- shapes
constexpr NormShape $node$_shape{
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .statistics = NormStatistics::$statistics$, .groups = $groups$,
    .affine = NormAffine::$affine$, .epsilon = $epsilon$, .momentum = $momentum$,
    .act = Act::$act$, .slope = $slope$};
// -- forward
norm_forward<$node$_shape>(
    mode, $x$, $weight$, $bias$,
    $saved$, $running$, $scratch$, $y$);
// -- backward
norm_backward<$node$_shape>(
    $x$, $dy$, $weight$, $bias$, $saved$,
    $scratch$, $dx$, $d_weight$, $d_bias$);
// -- forward_scratch
static_assert($node$_shape.scratch() <= $scratch_elements$);
// -- backward_scratch
static_assert($node$_shape.scratch() <= $scratch_elements$);
