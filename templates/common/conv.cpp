// -- shapes
$shape_begin$ ConvShape $shape_name${
    .batch = kBatch, .in_channels = $c$, .in_height = $h$, .in_width = $w$,
    .out_channels = $k$, .kernel = $kernel$$settings$}$shape_end$
