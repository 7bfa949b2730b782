#!/usr/bin/env bash
# castnet against PyTorch on the networks of specs/cifar10.yaml and specs/seeds/cifar10_norms.yaml at
# batch 128, interleaved; prints a Markdown page.
#
#   bench/compare.sh [BUILD] > bench/results/cpu.md      BUILD: build folder (build/release)
#
# Environment: PYTHON with torch (/usr/bin/python3), REPETITIONS (7), SECONDS_EACH (1.5) of a
# measurement, NETWORKS (all that bench_trainer has), THREADS (all cores), CASTNET_DATA (./data;
# without CIFAR-10 `castnet train` is timed on drawn shapes). About fifteen minutes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/data.sh"
build=${1:-$root/build/release}
python=${PYTHON:-/usr/bin/python3}
repetitions=${REPETITIONS:-7}
seconds=${SECONDS_EACH:-1.5}
read -ra networks <<< "${NETWORKS:-$(echo {cifar10_norms,cifar10}{,_group,_layer})}"
threads=${THREADS:-$(nproc)}
export OMP_NUM_THREADS=$threads
data=()
has_cifar10 "${CASTNET_DATA:-data}" || data=(--set data=shapes)

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
memory() { awk '/^VmHWM/ {printf "%.0f", $2 / 1000}' "/proc/${pid[$1]}/status"; }

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

# spec NETWORK: the file, relative to the project.
spec() { [[ $1 == cifar10_norms* ]] && echo specs/seeds/cifar10_norms.yaml || echo specs/cifar10.yaml; }

# facts NETWORK: parameters and FLOPs of a training image. Two operations a multiply-add; forward,
# the weights' gradient and the input's, but for the first layer, whose input needs none.
facts() {
  "$build/castnet" check --json "$root/$(spec "$1")" | "$python" -c '
import json, sys
network = next(n for n in json.load(sys.stdin) if n["name"] == sys.argv[1])
macs = [layer["macs"] for layer in network["layers"]]
print(sum(layer["parameters"] for layer in network["layers"]), 2 * (3 * sum(macs) - macs[0]))' "$1"
}

# first_step NETWORK: seconds from an edit of a spec to the first training step: castnet compiles all
# of the trainer, which reads the images, and is about to train when the run directory's run.json is there.
first_step() {
  local options=() start
  case $1 in *_group) options+=(--variant group) ;; *_layer) options+=(--variant layer) ;; esac
  start=$EPOCHREALTIME
  XDG_CACHE_HOME=$work/cache "$build/castnet" train "$root/$(spec "$1")" "${options[@]}" "${data[@]}" \
    --out "$work/run" > "$work/train.log" 2>&1 &
  local trainer=$!
  until [[ -e $work/run/run.json ]]; do
    kill -0 $trainer 2> /dev/null || fail "castnet train ended: $(tail -n 1 "$work/train.log")"
    sleep 0.02
  done
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}'
  kill -INT $trainer
  wait $trainer || true
  rm -rf "$work/cache" "$work/run"
}

# PyTorch's settings, as arguments of pytorch.py; torch.compile is of PyTorch 2.
settings=("--layout contiguous" "--layout channels_last")
if "$python" -c 'import torch; torch.compile' 2> /dev/null; then
  settings+=("--layout contiguous --compile" "--layout channels_last --compile")
fi

# above A B: whether A > B.
above() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a > b)}'; }

# start_pytorch NETWORK: warms all settings up and keeps the fastest to train and the fastest to
# evaluate (often the same): sets `trains` and `evaluates`.
start_pytorch() {
  local setting step=0 evaluate=0
  for setting in "${settings[@]}"; do
    # shellcheck disable=SC2086  # a setting is several words
    start "$setting" "$python" "$root/bench/pytorch.py" "$1" $setting \
      --seconds "$seconds" --threads "$threads"
    ask "$setting" parameters
    [[ ${answer%.*} == "$parameters" ]] ||
      fail "$1 has $parameters parameters, pytorch.py $answer: mend NETWORKS"
    ask "$setting" step
    ask "$setting" step
    if above "$answer" "$step"; then step=$answer trains=$setting; fi
    ask "$setting" forward
    ask "$setting" forward
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

# compare NETWORK: one line a repetition in $work/NETWORK, whose columns are below. Then `ours` and
# `theirs`, memory in MB, castnet's without the images.
readonly TRAIN=1 STEP=2 ONE_THREAD=3 PYTORCH_STEP=4 EVALUATE=5 FORWARD=6 PYTORCH_FORWARD=7 PEAK=8
compare() {
  local network=$1 line
  # GOMP_SPINCOUNT: as castnet starts trainers.
  start castnet env GOMP_SPINCOUNT=1000 "$build/bench/bench_trainer" "$network" "$seconds"
  start single env OMP_NUM_THREADS=1 "$build/bench/bench_trainer" "$network" "$seconds"
  ask single step
  ask castnet train
  ask castnet evaluate
  for ((i = 0; i < repetitions; ++i)); do
    line=()
    for task in castnet:train castnet:step single:step "$trains:step" castnet:evaluate \
      castnet:forward "$evaluates:forward"; do
      ask "${task%:*}" "${task##*:}"
      line+=("$answer")
    done
    line+=("$("$build/bench/fma_peak" 0.4)")
    echo "${line[*]}" >> "$work/$network"
    echo "compare.sh: $network $((i + 1))/$repetitions: ${line[*]}" >&2
  done
  ask castnet images
  ours=$(awk -v all="$(memory castnet)" -v images="$answer" 'BEGIN {printf "%.0f", all - images}')
  theirs=$(memory "$trains")
  stop castnet
  stop single
  stop "$trains"
  [[ $evaluates == "$trains" ]] || stop "$evaluates"
}

# row TABLE CELL...: adds a row to a table.
row() {
  local table=$1
  shift
  printf '| %s ' "$@" >> "$work/$table"
  echo '|' >> "$work/$table"
}

for network in "${networks[@]}"; do
  read -r parameters flops < <(facts "$network")
  start_pytorch "$network"
  compare "$network"
  middle() { column "$1" "$network" | median | xargs printf '%.0f'; }
  fraction() { awk -v s="$(middle "$1")" -v f="$flops" -v p="$(middle $PEAK)" \
    'BEGIN {printf "%.0f %%", 100 * s * f / (p * 1e9)}'; }
  row training "$network" "$(middle $TRAIN)" "$(middle $STEP)" \
    "$(middle $PYTORCH_STEP), $(named "$trains")" "**$(spread "$network" $TRAIN $PYTORCH_STEP)**" \
    "$(spread "$network" $STEP $PYTORCH_STEP)" "$(fraction $TRAIN)" "$(fraction $PYTORCH_STEP)"
  row evaluation "$network" "$(middle $EVALUATE)" "$(middle $FORWARD)" \
    "$(middle $PYTORCH_FORWARD), $(named "$evaluates")" \
    "**$(spread "$network" $EVALUATE $PYTORCH_FORWARD)**" \
    "$(spread "$network" $FORWARD $PYTORCH_FORWARD)"
  row resources "$network" "$(middle $ONE_THREAD)" "$(middle $STEP)" \
    "$(spread "$network" $STEP $ONE_THREAD)" "$ours" "$theirs" \
    "$(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "1/%.1f", b / a}')" "$(first_step "$network")"
  row networks "$network" "$(spec "$network")" "$parameters" \
    "$(awk -v f="$flops" 'BEGIN {printf "%.1f", f / 1e6}')"
  cat "$work/$network" >> "$work/all"
done

cat << PAGE
# castnet and PyTorch on the CPU

Made by \`bench/compare.sh\`, in one run: batch 128, float32, images a second. Medians of $repetitions
repetitions that alternate between the two after a warm-up; ratios are taken within each repetition: median (lowest–highest).

- Processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $threads threads, $(
  for set in avx512f avx2; do grep -qw $set /proc/cpuinfo && break; set=$(uname -m); done; echo "$set")
- Measured peak of fused multiply-adds: $(column $PEAK all | median | xargs printf '%.0f') GFLOP/s
- PyTorch: $("$python" -c 'import torch; print(torch.__version__)'), batches lie ready as normalised floats; in each row the
  fastest of its settings: both memory layouts, eager and by torch.compile
- PyTorch takes SGD with Nesterov momentum; castnet what the spec says: for cifar10 Muon, which is more work

| network | of | parameters | MFLOP a training image |
| --- | --- | --- | --- |
$(cat "$work/networks")

## Training

*castnet* is the training loop as users run it, with shuffle, the spec's augmentation, normalisation, and the
sums of loss and accuracy; *step only* does what PyTorch's figure does: forward, backward, update.

| network | castnet | castnet, step only | PyTorch | ratio | ratio, step only | castnet of the peak | PyTorch of the peak |
| --- | --- | --- | --- | --- | --- | --- | --- |
$(cat "$work/training")

## Evaluation

*castnet* includes reading and normalising the bytes, the losses and the predicted classes; *forward only* does
what PyTorch's figure does.

| network | castnet | castnet, forward only | PyTorch | ratio | ratio, forward only |
| --- | --- | --- | --- | --- | --- |
$(cat "$work/evaluation")

## Threads, memory, and from an edit to the first step

Training, *step only*, on one thread and on $threads. Memory is the most that a process had resident, castnet's without the images
that it holds as bytes, PyTorch's with its few batches. The last column is from the start of \`castnet train\` on
a changed spec, which compiles the whole trainer and reads the data, to the first training step.

| network | 1 thread | $threads threads | ratio | castnet, MB | PyTorch, MB | ratio | edit to first step, s |
| --- | --- | --- | --- | --- | --- | --- | --- |
$(cat "$work/resources")
PAGE
