// -- accumulate
add<SumShape<kBatch, $oc$, $oh$, $ow$>>(stream, $a$, $b$, $y$);
