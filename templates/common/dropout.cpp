// -- shapes
$shape_begin$ DropoutShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .rate = $rate$, .per_channel = $per_channel$, .index = $index$}$shape_end$
