// -- shapes
$shape_begin$ AddShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$}$shape_end$
