#!/usr/bin/env bash
# castnet against PyTorch on specs/cifar10.yaml, interleaved; prints a Markdown page.
#
#   bench/compare.sh [BUILD] > bench/results/cpu.md      BUILD: build folder (build/release)
#
# Environment: PYTHON with torch (/usr/bin/python3), REPETITIONS (7), SECONDS_EACH (1.5) of a
# measurement, NORMS (batch group layer), THREADS (all cores). Takes about five minutes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/release}
python=${PYTHON:-/usr/bin/python3}
repetitions=${REPETITIONS:-7}
seconds=${SECONDS_EACH:-1.5}
read -ra norms <<< "${NORMS:-batch group layer}"
threads=${THREADS:-$(nproc)}
export OMP_NUM_THREADS=$threads

fail() { echo "compare.sh: $*" >&2; exit 1; }
for program in castnet bench/bench_trainer bench/fma_peak; do
  [[ -x $build/$program ]] || fail "no $build/$program; build first: cmake --build $build"
done
"$python" -c 'import torch' 2> /dev/null || fail "$python has no torch; set PYTHON"

work=$(mktemp -d)
children=()
finish() {
  for child in "${children[@]}"; do kill "$child" 2> /dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

# start NAME COMMAND...: a child that answers a line with a line, through to[NAME] and of[NAME].
declare -A to of pid
start() {
  local name=$1 in out
  shift
  mkfifo "$work/$name.in" "$work/$name.out"
  "$@" < "$work/$name.in" > "$work/$name.out" &
  children+=($!)
  exec {in}> "$work/$name.in" {out}< "$work/$name.out"
  rm "$work/$name.in" "$work/$name.out"
  to[$name]=$in of[$name]=$out pid[$name]=$!
}

# memory NAME: the most that the child has had resident so far, in MB.
memory() { awk '/^VmHWM/ {printf "%.1f", $2 / 1000}' "/proc/${pid[$1]}/status"; }

# stop NAME: the child ends at the end of its input.
stop() {
  local in=${to[$1]} out=${of[$1]}
  exec {in}>&- {out}<&-
}

# ask NAME COMMAND: the answer, in `answer`.
ask() {
  echo "$2" >&"${to[$1]}"
  read -r answer <&"${of[$1]}" || fail "$1 ended"
}

median() { sort -g | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }
column() { cut -d' ' -f"$1" "$work/$2"; }
ratio() { awk -v a="$2" -v b="$3" '{print $a / $b}' "$work/$1"; }
# spread FILE A B: the median of the repetitions' ratios A / B with the lowest and the highest.
spread() {
  local values
  values=$(ratio "$@" | sort -g)
  printf '%.2f (%.2f–%.2f)' "$(median <<< "$values")" "$(head -n 1 <<< "$values")" \
    "$(tail -n 1 <<< "$values")"
}

# facts VARIANT: parameters and FLOPs of a training image. Two operations a multiply-add; forward,
# the weights' gradient and the input's, but for the first layer, whose input needs none.
facts() {
  "$build/castnet" check --json "$root/specs/cifar10.yaml" | "$python" -c '
import json, sys
network = next(n for n in json.load(sys.stdin) if n["variant"] == sys.argv[1])
macs = [layer["macs"] for layer in network["layers"]]
print(sum(layer["parameters"] for layer in network["layers"]), 2 * (3 * sum(macs) - macs[0]))' "$1"
}

# PyTorch's settings, as arguments of pytorch.py; torch.compile is of PyTorch 2.
settings=("--layout contiguous" "--layout channels_last")
if "$python" -c 'import torch; torch.compile' 2> /dev/null; then
  settings+=("--layout contiguous --compile" "--layout channels_last --compile")
fi

# above A B: whether A > B.
above() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a > b)}'; }

# start_pytorch NORM: warms all settings up and keeps the fastest to train and the fastest to
# evaluate (often the same): sets `trains` and `evaluates`.
start_pytorch() {
  local setting step=0 evaluate=0
  for setting in "${settings[@]}"; do
    # shellcheck disable=SC2086  # a setting is several words
    start "$setting" "$python" "$root/bench/pytorch.py" "$1" $setting \
      --seconds "$seconds" --threads "$threads"
    ask "$setting" parameters
    [[ ${answer%.*} == "$parameters" ]] ||
      fail "pytorch.py has $answer parameters, specs/cifar10.yaml $parameters: mend LAYERS"
    ask "$setting" step
    ask "$setting" step
    if above "$answer" "$step"; then step=$answer trains=$setting; fi
    ask "$setting" evaluate
    ask "$setting" evaluate
    if above "$answer" "$evaluate"; then evaluate=$answer evaluates=$setting; fi
  done
  for setting in "${settings[@]}"; do
    [[ $setting == "$trains" || $setting == "$evaluates" ]] || stop "$setting"
  done
}

# named SETTING: for a table.
named() {
  local words=${1#--layout }
  echo "${words/ --compile/, compiled}"
}

# compare NORM: one line a repetition in $work/NORM: train, step, PyTorch's step, evaluate,
# PyTorch's evaluate, peak, step on one thread. Then `ours` and `theirs`, memory in MB, castnet's
# without the images.
compare() {
  local norm=$1 line
  # GOMP_SPINCOUNT: as castnet starts trainers.
  start castnet env GOMP_SPINCOUNT=1000 "$build/bench/bench_trainer" "$norm" "$seconds"
  start single env OMP_NUM_THREADS=1 "$build/bench/bench_trainer" "$norm" "$seconds"
  ask single step
  ask castnet train
  ask castnet evaluate
  for ((i = 0; i < repetitions; ++i)); do
    line=()
    for task in castnet:train "$trains:step" castnet:step single:step "$evaluates:evaluate" \
      castnet:evaluate; do
      ask "${task%:*}" "${task##*:}"
      line+=("$answer")
    done
    line+=("$("$build/bench/fma_peak" 0.4)")
    echo "${line[0]} ${line[2]} ${line[1]} ${line[5]} ${line[4]} ${line[6]} ${line[3]}" >> "$work/$norm"
    echo "compare.sh: $norm $((i + 1))/$repetitions: ${line[*]}" >&2
  done
  ask castnet images
  ours=$(awk -v all="$(memory castnet)" -v images="$answer" 'BEGIN {printf "%.0f", all - images}')
  theirs=$(memory "$trains")
  stop castnet
  stop single
  stop "$trains"
  [[ $evaluates == "$trains" ]] || stop "$evaluates"
}

for norm in "${norms[@]}"; do
  read -r parameters flops < <(facts "${norm#batch}")
  start_pytorch "$norm"
  compare "$norm"
  peak=$(column 6 "$norm" | median)
  fraction() { awk -v s="$(column "$1" "$norm" | median)" -v f="$flops" -v p="$peak" \
    'BEGIN {printf "%.0f %%", 100 * s * f / (p * 1e9)}'; }
  printf '| %s | %.0f | %.0f | %.0f, %s | **%s** | %s | %s | %s |\n' "$norm" \
    "$(column 1 "$norm" | median)" "$(column 2 "$norm" | median)" \
    "$(column 3 "$norm" | median)" "$(named "$trains")" "$(spread "$norm" 1 3)" "$(spread "$norm" 2 3)" \
    "$(fraction 1)" "$(fraction 3)" >> "$work/training"
  printf '| %s | %.0f | %.0f, %s | %s |\n' "$norm" "$(column 4 "$norm" | median)" \
    "$(column 5 "$norm" | median)" "$(named "$evaluates")" "$(spread "$norm" 4 5)" >> "$work/evaluation"
  printf '| %s | %.0f | %.0f | %s | %.0f | %.0f | %s |\n' "$norm" "$(column 7 "$norm" | median)" \
    "$(column 2 "$norm" | median)" "$(spread "$norm" 2 7)" "$ours" "$theirs" \
    "$(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "1/%.1f", b / a}')" >> "$work/resources"
  cat "$work/$norm" >> "$work/all"
done

cat << PAGE
# castnet and PyTorch on the CPU

Made by \`bench/compare.sh\`: \`specs/cifar10.yaml\` ($parameters parameters, $(awk -v f="$flops" 'BEGIN {printf "%.1f", f / 1e6}') MFLOP a training
image), batch 128, float32; castnet with the spec's Muon, PyTorch with SGD and Nesterov momentum, which is less work.
Images a second, medians of $repetitions repetitions that alternate between the two after a warm-up. Ratios are taken within each repetition: median (lowest–highest).

- Processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $threads threads, $(
  grep -qw avx512f /proc/cpuinfo && echo AVX-512 || { grep -qw avx2 /proc/cpuinfo && echo AVX2 || uname -m; })
- Measured peak of fused multiply-adds: $(column 6 all | median | xargs printf '%.0f') GFLOP/s
- PyTorch: $("$python" -c 'import torch; print(torch.__version__)'), batches lie ready as normalised floats; in each row the fastest of its
  settings: both memory layouts, eager and by torch.compile

## Training

*castnet* is the training loop as users run it, with shuffle, crop, flip, normalisation, and the sums of loss
and accuracy; *step only* does what PyTorch's figure does: forward, backward, update.

| norm | castnet | castnet, step only | PyTorch | ratio | ratio, step only | castnet of the peak | PyTorch of the peak |
| --- | --- | --- | --- | --- | --- | --- | --- |
$(cat "$work/training")

## Evaluation

castnet's figure includes reading and normalising the bytes, the losses and the predicted classes.

| norm | castnet | PyTorch | ratio |
| --- | --- | --- | --- |
$(cat "$work/evaluation")

## Threads and memory

*Step only* on one thread and on $threads. Memory is the most that a process had resident, castnet's without the images that
it holds as bytes, PyTorch's with its few batches.

| norm | 1 thread | $threads threads | ratio | castnet, MB | PyTorch, MB | ratio |
| --- | --- | --- | --- | --- | --- | --- |
$(cat "$work/resources")
PAGE
