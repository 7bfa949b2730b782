// -- accumulate
add<AddShape{kBatch, $oc$, $oh$, $ow$}>($a$, $b$, $y$);
