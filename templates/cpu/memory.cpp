// -- memory
$head$

// The arena holds the slices of all blocks of $block$ images, then what the blocks share.
constexpr int kBlocks = $blocks$;
constexpr std::size_t kBlock = $block_elements$;   // elements of a block's slice
constexpr std::size_t kShared = $shared_elements$;  // elements that the blocks share
constexpr std::size_t kActivations = kBlocks * kBlock + kShared;
constexpr std::size_t kWorkspace = $workspace_elements$;  // of each thread, up to kBlocks of them
$inference$

// ---- Training -----------------------------------------------------------------------------------

// Name, offset and elements; the first and the last operation that uses it, by the numbers below.
$maps$

// Operations of forward, then those of backward:
//
$operations$

// ---- Evaluation, in the same memory -------------------------------------------------------------

$evaluation_maps$

// Operations:
//
$evaluation_operations$

$tail$
// -- block_map
constexpr auto $map$ = memory_map({
    $rows$
});
static_assert($map$.is_sound(kBlock), "buffers of a block overlap");
// -- shared_map
constexpr auto $map$ = memory_map({
    $rows$
}, kBlocks * kBlock);
static_assert($map$.is_sound(kShared), "buffers that blocks share overlap");
// -- empty_shared_map
constexpr auto $map$ = memory_map(kBlocks * kBlock);
