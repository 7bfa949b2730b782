// -- shapes
$shape_begin$ NormShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .statistics = NormStatistics::$statistics$$groups$, .affine = NormAffine::$affine$,
    .epsilon = $epsilon$$momentum$$act$$slope$}$shape_end$
