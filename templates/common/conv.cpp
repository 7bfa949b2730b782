// -- shapes
$shape_begin$ ConvShape $shape_name${
    .batch = kBatch, .in_channels = $c$, .in_height = $h$, .in_width = $w$,
    .out_channels = $k$, .kernel = $kernel$, .stride = $stride$, .padding = $padding$,
    .dilation = $dilation$, .groups = $groups$, .bias = $has_bias$}$shape_end$
// -- backward_scratch
static_assert($shape$.bias_scratch() <= $scratch_elements$);
// -- backward_weight_scratch
static_assert($shape$.filter_scratch() <= $scratch_elements$);
// -- backward_data_scratch
static_assert($shape$.data_scratch() <= $scratch_elements$);
