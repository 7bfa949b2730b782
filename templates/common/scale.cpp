// -- shapes
$shape_begin$ ScaleShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$}$shape_end$
