// -- shapes
$shape_begin$ GlobalPoolShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$}$shape_end$
