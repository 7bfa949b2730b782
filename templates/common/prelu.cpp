// -- shapes
$shape_begin$ PReluShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$, .slopes = $slopes$}$shape_end$
