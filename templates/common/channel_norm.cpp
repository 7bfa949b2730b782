// -- shapes
$shape_begin$ ChannelNormShape $shape_name${
    .batch = kBatch, .channels = $c$, .height = $h$, .width = $w$,
    .affine = $affine$, .epsilon = $epsilon$}$shape_end$
