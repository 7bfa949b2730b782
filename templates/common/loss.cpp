// -- shapes
$shape_begin$ LossShape $shape_name${.batch = kBatch, .classes = $classes$}$shape_end$
