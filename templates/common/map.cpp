// -- shapes
$shape_begin$ MapShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$}$shape_end$
