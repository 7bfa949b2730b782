// -- shapes
$shape_begin$ PoolShape $shape_name${
    .batch = kBatch, .channels = $c$, .in_height = $h$, .in_width = $w$,
    .kernel = $kernel$, .stride = $stride$$settings$}$shape_end$
