#!/usr/bin/env bash
# bench/gpu/run.sh with programs that do as they are told: one that hangs is ended and the next one runs, a kill
# leaves the rows of what was done and no program behind, a machine without a GPU is told.
#   tests/scripts/gpu_test.sh        exit status 0 if every case holds
set -uo pipefail
source_dir=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

verdict() {
  if [ "$2" -eq 0 ]; then
    echo "passed: $1"
  else
    echo "FAILED: $1"
    cat "$work/printed" "$work/out/results.md"
    failures=$((failures + 1))
  fi
}

# package NAME: an empty one, as bench/gpu.sh makes for the host implementation.
package() {
  folder=$work/$1
  mkdir -p "$folder/bin" "$folder/lib"
  cp "$source_dir/bench/gpu/run.sh" "$source_dir/scripts/data.sh" "$folder"
  echo 'kind=host stand_in=mnist norms=(batch)' > "$folder/settings.sh"
}
# program NAME COMMAND: of the package.
program() {
  printf '#!/bin/sh\n%s\n' "$2" > "$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}
# A training's metrics: three epochs of 1, 2 and 9 seconds.
metrics=$(
  cat << 'END'
while [ "$1" != --out ]; do shift; done
mkdir -p "$2"
{ echo header
  for seconds in 1 2 9; do echo "1,1,0,0,0,0,81.5,$seconds,$((18 / seconds)),x"; done
} > "$2/metrics.csv"
echo 'C1_conv,forward,1,0,fma,yes,CUDNN_STATUS_SUCCESS,0,chosen' >&2
END
)
has_row() { grep -qF "$1" "$work/out/results.md"; }
# Whether a program of the package runs.
runs() {
  local file command
  for file in /proc/[0-9]*/cmdline; do
    { command=$(tr '\0' ' ' < "$file"); } 2> /dev/null
    [[ $command != *"$folder/bin/$1"* ]] || return 0
  done
  return 1
}
# Whether one still runs when it has had a moment to end.
left_over() {
  local tries
  for tries in {1..10}; do
    runs '' || return 1
    sleep 0.2
  done
  echo "still running after $tries tries"
}

package limits
program trainer-mnist-batch-fp32 "$metrics"
program trainer-mnist-batch-tf32 'echo begun; sleep 60'
program trainer-mnist-batch-bf16 'echo wrong; exit 3'
program verify-batch 'echo all agree'
# The pipe ends with the script, not with what it started.
started=$SECONDS
PYTHON=false LIMIT=8 timeout 40 "$folder/run.sh" "$work/out" 2>&1 | cat > "$work/printed"
status=${PIPESTATUS[0]}
[ "$status" -eq 1 ] && [ $((SECONDS - started)) -lt 30 ] && ! left_over
verdict "a program that hangs is ended" $?
has_row '| train-batch-fp32 | passed |' && has_row 'epochs: 3, median 2 s an epoch, 9 images/s; 12 s in all; test accuracy 81.5 %'
verdict "a training's medians" $?
has_row '| train-batch-tf32 | ended after ' && has_row '| begun |' &&
  { has_row '| train-batch-bf16 | failed (3) |' || has_row '| train-batch-bf16 | not run: no time left |'; }
verdict "what fails is told, and what it said last" $?
grep -q '^C1_conv,forward,1' "$work/printed"
verdict "cuDNN's algorithms are printed" $?

package killed
program trainer-mnist-batch-fp32 "$metrics"
program trainer-mnist-batch-tf32 'sleep 60'
PYTHON=false "$folder/run.sh" "$work/out" > "$work/printed" 2>&1 &
runner=$!
until runs trainer-mnist-batch-tf32; do sleep 0.1; done
kill -KILL $runner
wait $runner 2> /dev/null
has_row '| train-batch-fp32 | passed |' && ! has_row train-batch-tf32 && ! left_over
verdict "a kill loses the step in hand alone, and leaves no program behind" $?

package no_device
program trainer-mnist-batch-fp32 'echo "error: no CUDA device: none"; exit 3'
PYTHON=false "$folder/run.sh" "$work/out" > "$work/printed" 2>&1
[ $? -eq 3 ] && grep -q 'no CUDA device: none' "$work/printed" && ! has_row train-batch
verdict "a machine without a GPU" $?

exit $((failures > 0))
