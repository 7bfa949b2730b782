// -- shapes
$shape_begin$ NormShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .statistics = NormStatistics::$statistics$, .groups = $groups$,
    .affine = NormAffine::$affine$, .epsilon = $epsilon$, .momentum = $momentum$,
    .act = Act::$act$, .slope = $slope$}$shape_end$
// -- forward_scratch
static_assert($shape$.scratch() <= $scratch_elements$);
// -- statistics_scratch
static_assert($shape$.scratch() <= $scratch_elements$);
// -- backward_scratch
static_assert($shape$.scratch() <= $scratch_elements$);
