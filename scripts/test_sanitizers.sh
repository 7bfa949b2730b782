#!/usr/bin/env bash
# Trains networks under sanitizers: generated source with every kind of operation, the runtime and its threads.
#   scripts/test_sanitizers.sh [address|thread]...     default: both
# address: with undefined behaviour, by the default compiler. thread: by clang, whose OpenMP tells the sanitizer
# what waits for what (archer); compiled for plain x86-64, as it sees no access of more than 16 bytes; proven by a
# race that is planted into the source. Needs no data. Ends with `N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/data.sh

kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(address thread)
# Four blocks of 16 images: work for two threads.
settings=(--set data=mnist --set train.batch=64 --set train.epochs=10)
network=tests/network/small.yaml

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CASTNET_DATA=$work/data
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0

passed=0
failed=0
# case_of NAME COMMAND...: passed if the command ends with status 0; else shows what it printed.
case_of() {
  local name=$1
  shift
  if "$@" > "$work/log" 2>&1; then
    echo "passed: $name"
    passed=$((passed + 1))
  else
    cat "$work/log"
    echo "FAILED: $name"
    failed=$((failed + 1))
  fi
}

draw_mnist "$CASTNET_DATA" 160 56

# The program that generates is the release build's: its trainers alone run under sanitizers.
cmake --preset release > /dev/null
cmake --build --preset release --target castnet
read -ra libraries <<< "$(pkg-config --libs pangocairo)"

# compile FOLDER: its one program becomes FOLDER/trainer, against the sanitized runtime.
compile() {
  "${compiler[@]}" -std=c++20 -O1 -fopenmp -fno-omit-frame-pointer -I runtime -I shared "$1"/*/cpu.cpp \
    "$runtime/libcastnet_runtime.a" "${libraries[@]}" -lz -lfmt -lmd -o "$1/trainer"
}

# generate FOLDER SPEC OPTION...
generate() { build/release/castnet generate "${@:2}" "${settings[@]}" --target cpu -o "$1"; }

# make_trainer FOLDER SPEC OPTION...: FOLDER/trainer, and FOLDER/log says what went wrong.
make_trainer() {
  mkdir "$1"
  { generate "$@" && compile "$1"; } > "$1/log" 2>&1
}

# trains FOLDER OPTION...: all that a trainer does. It trains, goes on, draws, and replays.
trains() {
  local run=$1/run train
  train=("$1/trainer" --threads 2 --out "$run" "${@:2}")
  cat "$1/log"
  "${train[@]}" && "${train[@]}" --resume && "$1/trainer" --replay "$run"
}

variants=(group layer residual pooled channel squeeze prelu)

# Compiles as many at a time as there are cores, then trains one after the other.
trainers() {
  local variant
  rm -rf "${work:?}/$kind"
  mkdir "$work/$kind"
  make_trainer "$work/$kind/heat_maps" tests/endurance/small.yaml --variant base &
  for variant in "${variants[@]}"; do
    [ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n || true
    make_trainer "$work/$kind/$variant" "$network" --variant "$variant" &
  done
  wait
  for variant in "${variants[@]}"; do
    case_of "$kind: $variant" trains "$work/$kind/$variant"
  done
  case_of "$kind: heat maps" trains "$work/$kind/heat_maps" --grad-cam
}

sanitize_address() {
  cmake --preset asan > /dev/null
  cmake --build --preset asan --target castnet_runtime
  runtime=build/asan compiler=("${CXX:-c++}" -march=native -fsanitize=address -fsanitize=undefined)
  trainers
}

# A fault that a generator could have: the first convolution writes every block's values to the same place. What
# archer takes for an order, where threads start late, hides it in some runs: one of ten must find it.
finds_race() {
  local folder=$work/raced run
  rm -rf "$folder"
  generate "$folder" "$network" --variant group &&
    sed -i 's/none, C1_conv\[b\]/none, C1_conv[0]/' "$folder/small_group/cpu.cpp" &&
    grep -F 'none, C1_conv[0]' "$folder/small_group/cpu.cpp" &&
    compile "$folder" || return
  for run in {1..10}; do
    "$folder/trainer" --threads 2 --out "$folder/run" > "$folder/log" 2>&1
    ! grep 'WARNING: ThreadSanitizer: data race' "$folder/log" || return 0
  done
  cat "$folder/log"
  return 1
}

sanitize_thread() {
  local archer
  archer=$(dirname "$(readlink -f "$(command -v clang++)")")/../lib/libarcher.so
  if [ ! -e "$archer" ]; then
    echo "test_sanitizers.sh: clang has no libarcher.so: apt-get install libomp-dev" >&2
    return 1
  fi
  export OMP_TOOL_LIBRARIES=$archer TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1
  cmake --preset tsan > /dev/null
  cmake --build --preset tsan --target castnet_runtime
  runtime=build/tsan compiler=(clang++ -Wno-pass-failed -fsanitize=thread)
  trainers
  case_of "$kind: finds a planted race" finds_race
}

compiler=() runtime=
for kind in "${kinds[@]}"; do "sanitize_$kind"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
