#!/usr/bin/env bash
# The CPU target's kernels, generated programs and augmentation on other processors: compiles
# tests/kernels, tests/network and tests/runtime/augment_test.cpp for each, and runs them where this
# machine can, 64-bit Arm under qemu-aarch64.
#   scripts/test_portable.sh [PROCESSOR...]     (default: x86-64 x86-64-v3 x86-64-v4 aarch64)
# Needs build/release/castnet (scripts/test.sh). Ends with `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

processors=("$@")
[ ${#processors[@]} -gt 0 ] || processors=(x86-64 x86-64-v3 x86-64-v4 aarch64)
castnet=build/release/castnet
if [ ! -x $castnet ]; then
  echo "test_portable.sh: there is no $castnet: run scripts/test.sh first" >&2
  exit 2
fi
[[ " ${processors[*]} " != *" aarch64 "* ]] ||
  scripts/packages.sh g++-aarch64-linux-gnu qemu-user || exit 3

build=build/portable
mkdir -p $build/headers
# All that a cross-compiler may see of /usr/include.
ln -sfn /usr/include/catch2 /usr/include/fmt $build/headers/
$castnet generate tests/network/small.yaml tests/network/map.yaml --target cpu -o $build/generated || exit 3

# Catch2 3 is a library, of this machine's processors alone; version 2 is a header.
catch=()
[ ! -e /usr/include/catch2/catch_session.hpp ] || catch=(-lCatch2)

passed=0 failed=0 skipped=0

# Why this machine cannot run programs for a processor; nothing if it can.
why_not() {
  [ "$1" = x86-64-v3 ] && ! grep -qw avx2 /proc/cpuinfo && echo "no AVX2 here"
  [ "$1" = x86-64-v4 ] && ! grep -qw avx512f /proc/cpuinfo && echo "no AVX-512 here"
}

# build_tests PROGRAM PROCESSOR SOURCES...: two compilers at a time.
build_tests() {
  local program=$1 processor=$2 compiler=g++ march=-march=$2
  shift 2
  if [ "$processor" = aarch64 ]; then
    compiler=aarch64-linux-gnu-g++
    march=-march=armv8-a
  fi
  local flags=(-std=c++20 -fopenmp -O1 -ffp-contract=fast -fno-math-errno -fno-trapping-math "$march"
    -Werror=frame-larger-than=65536
    -DCASTNET_NO_MAIN -DFMT_HEADER_ONLY "-DCASTNET_SOURCE_DIR=\"$PWD\"" -Iruntime -Ishared -isystem "$build/headers")
  [[ $program != *network* ]] || flags+=(-DCASTNET_REAL=double)
  mkdir -p "$program.objects"
  rm -f "$program.objects"/*.o
  # shellcheck disable=SC2016  # sh has the variables
  printf '%s\n' "$@" | xargs -P 2 -I{} sh -c \
    'object=$(echo "$1" | tr / _).o; shift; exec "$@" -o "$0/$object"' \
    "$program.objects" {} "$compiler" "${flags[@]}" -c {} || return
  # qemu has no libraries of the other processor.
  "$compiler" -fopenmp -static "$program.objects"/*.o "${catch[@]}" -o "$program"
}

run_tests() {
  if [ "$2" = aarch64 ]; then qemu-aarch64 "$1"; else "$1"; fi
}

for processor in "${processors[@]}"; do
  if [ "$processor" = aarch64 ] && [ ${#catch[@]} -gt 0 ]; then
    echo "SKIPPED: $processor: Catch2 3 is here for this machine's processors alone; version 2 fits to all"
    skipped=$((skipped + 3))
    continue
  fi
  for subject in kernels network augment; do
    sources=(tests/main.cpp)
    case $subject in
      kernels) sources+=(tests/kernels/*.cpp) ;;
      network) sources+=(tests/network/*.cpp "$build"/generated/*/cpu.cpp) ;;
      augment)
        sources+=(tests/runtime/{augment_test,allocations}.cpp
          runtime/data/{augment,image_augmenter,augment_draw,colour_jitter,normalisation,shapes}.cpp)
        ;;
    esac
    program=$build/$subject-$processor
    echo "== $subject on $processor"
    if ! build_tests "$program" "$processor" "${sources[@]}"; then
      failed=$((failed + 1))
    elif why=$(why_not "$processor") && [ -n "$why" ]; then
      echo "SKIPPED: compiles; $why"
      skipped=$((skipped + 1))
    elif run_tests "$program" "$processor"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
    fi
  done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
