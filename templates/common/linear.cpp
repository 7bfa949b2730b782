// -- shapes
$shape_begin$ LinearShape $shape_name${
    .batch = kBatch, .in_features = $in_features$, .out_features = $out_features$,
    .bias = $has_bias$}$shape_end$
