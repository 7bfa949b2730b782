// -- shapes
$shape_begin$ NormShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .statistics = NormStatistics::$statistics$, .groups = $groups$,
    .affine = NormAffine::$affine$, .epsilon = $epsilon$, .momentum = $momentum$,
    .act = Act::$act$, .slope = $slope$}$shape_end$
