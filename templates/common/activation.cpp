// -- shapes
$shape_begin$ ActShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$, .act = Act::$act$$slope$}$shape_end$
