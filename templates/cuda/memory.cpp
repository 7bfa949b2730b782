// -- memory
$head$

constexpr std::size_t kActivations = $shared_elements$;
$inference$

// Name, offset and elements; the first and the last operation that uses it, by the numbers below.
$maps$

// Operations of forward, then those of backward:
//
$operations$

$tail$
// -- map
constexpr auto $map$ = memory_map({
    $rows$
});
static_assert($map$.is_sound(kActivations), "buffers overlap");
