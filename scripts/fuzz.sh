#!/usr/bin/env bash
# Fuzzes castnet's readers of strangers' bytes with clang's libFuzzer, under address and undefined-behaviour
# sanitizers, JOBS at a time (default: as many as cores).
#   scripts/fuzz.sh [SECONDS] [READER...]     default: 60 seconds each, all readers (tests/fuzz/readers.hpp)
# Starts from tests/fuzz/corpus/READER and what earlier runs found, in build/fuzz/found/READER. An input that
# fails is kept in build/fuzz/failed/READER. Ends with a table and `N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=60
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
jobs=${JOBS:-$(nproc)}
readers=("$@")
[ ${#readers[@]} -gt 0 ] || mapfile -t readers < <(ls tests/fuzz/corpus)
for reader in "${readers[@]}"; do
  [ -d "tests/fuzz/corpus/$reader" ] && continue
  echo "fuzz.sh: there is no reader '$reader'; there are:" tests/fuzz/corpus/* >&2
  exit 2
done

cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCASTNET_FUZZ=ON -DCASTNET_CUDA=OFF \
  -DCASTNET_BENCH=OFF > /dev/null
cmake --build build/fuzz --target castnet_fuzz castnet
program=$PWD/build/fuzz/tests/castnet_fuzz

# Words of specs, JSON and tables, so that inputs have them whole.
build/fuzz/castnet schema | grep -oE '"[a-z0-9_]+"' > build/fuzz/all_words
grep -rhoaE '"[A-Za-z_]{3,}"' tests/fuzz/corpus/*json tests/fuzz/corpus/safetensors >> build/fuzz/all_words
sort -u build/fuzz/all_words > build/fuzz/words

# The readers' files lie in memory, and go at the end.
TMPDIR=$(mktemp -d -p /dev/shm castnet-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

fuzz() {
  local reader=$1 longest=4096
  mkdir -p "build/fuzz/found/$reader" "build/fuzz/failed/$reader"
  # What a reader prints of bad input is not wanted; failures are told in the log nevertheless.
  CASTNET_FUZZ_READER=$reader UBSAN_OPTIONS=print_stacktrace=1 LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp \
    "$program" "build/fuzz/found/$reader" "tests/fuzz/corpus/$reader" -dict=build/fuzz/words \
    -max_len=$longest -timeout=10 -rss_limit_mb=2048 -max_total_time="$seconds" -print_final_stats=1 \
    -close_fd_mask=3 -artifact_prefix="build/fuzz/failed/$reader/" > "build/fuzz/$reader.log" 2>&1
}

passed=0
failed=0
rows=()
row() {
  local reader=$1 status=$2 log=build/fuzz/$1.log runs coverage outcome
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1)
  if [ "$status" -eq 0 ]; then
    outcome=none
    passed=$((passed + 1))
  else
    outcome=$(grep -oE 'SUMMARY: .*' "$log" | tail -n 1)
    outcome="${outcome:-status $status} (build/fuzz/$reader.log)"
    failed=$((failed + 1))
  fi
  rows+=("| $reader | ${runs:--} | ${coverage#cov: } | $outcome |")
}

for ((i = 0; i < ${#readers[@]}; i += jobs)); do
  pids=()
  for reader in "${readers[@]:i:jobs}"; do
    fuzz "$reader" &
    pids+=($!)
  done
  for j in "${!pids[@]}"; do
    status=0
    wait "${pids[j]}" || status=$?
    row "${readers[i + j]}" "$status"
  done
done

printf '\n| reader | executions | coverage | failure |\n| --- | ---: | ---: | --- |\n'
printf '%s\n' "${rows[@]}"
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
