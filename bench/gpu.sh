#!/usr/bin/env bash
# All that is to be shown on a GPU, in one go: tests, sanitizers, accuracy and speed. Prints a short
# table last, and writes everything to a folder.
#
#   bench/gpu.sh OUT
#
# Needs the CUDA Toolkit, cuDNN and, for the comparison, a Python with torch. Meant to end within 8
# minutes on 16 cores. Environment: BUILD (build/gpu; if it holds castnet, nothing is built there),
# PYTHON (python3), CASTNET_DATA (./data; without CIFAR-10 the drawn shapes are trained), EPOCHS
# (20), REPETITIONS (7), NORMS (batch group layer).
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -ne 1 ]; then
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
mkdir -p "$1" && out=$(cd "$1" && pwd) || exit 3
CASTNET_DATA=$(realpath --canonicalize-missing "${CASTNET_DATA:-$root/data}")
export CASTNET_DATA
cd "$root" || exit 3
. scripts/data.sh
build=${BUILD:-$root/build/gpu}
python=${PYTHON:-python3}
epochs=${EPOCHS:-20}
repetitions=${REPETITIONS:-7}
read -ra norms <<< "${NORMS:-batch group layer}"
precisions=(fp32 tf32 bf16)
export XDG_CACHE_HOME=$out/cache
spec=specs/cifar10.yaml

card=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2> "$out/nvidia-smi.log" | head -n 1)
if [ -z "$card" ]; then
  echo "gpu.sh: there is no GPU here, or no driver: nvidia-smi answers nothing" >&2
  exit 3
fi
data=()
if ! has_cifar10 "$CASTNET_DATA"; then
  echo "gpu.sh: no CIFAR-10 below $CASTNET_DATA: training on drawn shapes" >&2
  data=(--set data=shapes)
fi

# step NAME SECONDS COMMAND...: runs it, its output in OUT/NAME.log; notes how it ended and goes on.
results=()
step() {
  local name=$1 limit=$2 start=$SECONDS status child
  shift 2
  echo "== $name" >&2
  set -m  # a process group of its own, which the limit ends
  ("$@") > "$out/$name.log" 2>&1 &
  child=$!
  set +m
  (sleep "$limit" && kill -- "-$child") 2> /dev/null &
  local guard=$!
  wait "$child"
  status=$?
  kill "$guard" 2> /dev/null
  local result=passed
  [ $status -eq 0 ] || result="failed ($status)"
  results+=("| $name | $result | $((SECONDS - start)) s |")
  [ $status -eq 0 ] || tail -n 5 "$out/$name.log" >&2
  return $status
}

build_all() {
  scripts/packages.sh catch2
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCASTNET_CUDA=ON -DCASTNET_TESTS=ON \
    -DCASTNET_CUDA_ARCHITECTURES=native &&
    cmake --build "$build" --target castnet castnet_runtime castnet_runtime_cuda_fp32 \
      castnet_runtime_cuda_tf32 castnet_runtime_cuda_bf16 castnet_gpu_tests
}

# variant NORM: what castnet takes for it; specs/cifar10.yaml itself has batch norm.
variant() { [ "$1" = batch ] || echo "--variant=$1"; }
trainer() { echo "$out/trainer-$1-$2"; }

# One trainer for each norm and precision, compiled side by side.
compile() {
  local path
  # shellcheck disable=SC2046
  path=$("$build/castnet" train $spec $(variant "$1") "${data[@]}" --target cuda --precision "$2" \
    --build-only) && ln -sf "$path" "$(trainer "$1" "$2")"
}
compile_all() {
  local norm precision jobs=() failed=0
  for norm in "${norms[@]}"; do
    for precision in "${precisions[@]}"; do
      compile "$norm" "$precision" &
      jobs+=($!)
    done
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return $failed
}

# shellcheck disable=SC2046
verify() { "$build/castnet" verify $spec $(variant "$1") "${@:2}"; }
sanitize() {
  local program
  program=$(verify batch --build-only) &&
    compute-sanitizer --tool "$1" --error-exitcode 9 "$program" --steps 1
}

if [ ! -x "$build/castnet" ]; then
  step build 300 build_all || exit 3
fi
step compile 240 compile_all
for tests in "$build"/tests/castnet_gpu_tests_*; do
  [ -x "$tests" ] && step "$(basename "$tests")" 120 "$tests"
done
for norm in "${norms[@]}"; do step "verify-$norm" 120 verify "$norm"; done
step verify-element 120 verify batch --set 'norm={layer: {affine: element}}' \
  --set budget.parameters=1000000
for tool in memcheck racecheck initcheck; do step "sanitizer-$tool" 120 sanitize $tool; done
for norm in "${norms[@]}"; do
  for precision in "${precisions[@]}"; do
    step "train-$norm-$precision" 120 "$(trainer "$norm" "$precision")" --epochs "$epochs" \
      --out "$out/run-$norm-$precision"
  done
done

# Of castnet's training loop with augmentation, by metrics.csv; the fastest epoch, as the first one
# holds the start.
metric() { tail -n +2 "$out/run-$1-$2/metrics.csv" 2> /dev/null | cut -d, -f"$3"; }
# Images/s of PyTorch's steps on batches that lie ready, the median.
pytorch() {
  yes step | head -n "$repetitions" |
    timeout 120 "$python" bench/pytorch.py "$@" --device cuda --seconds 0.5 2>> "$out/pytorch.log" |
    sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}
row() {
  local norm=$1 precision=$2 ours eager='' compiled='' ratio flags=()
  local network=cifar10_$norm
  network=${network%_batch}
  ours=$(metric "$norm" "$precision" 9 | sort -g | tail -n 1)
  [ "$precision" = tf32 ] && flags=(--tf32)
  if [ "$precision" != bf16 ]; then
    eager=$(pytorch "$network" "${flags[@]}")
    compiled=$(pytorch "$network" --compile "${flags[@]}")
  fi
  ratio=$(awk -v a="${ours:-0}" -v b="${compiled:-0}" 'BEGIN {if (b > 0) printf "%.2f", a / b}')
  echo "| $norm | $precision | ${ours:--} | ${eager:--} | ${compiled:--} | ${ratio:--} |" \
    "$(metric "$norm" "$precision" 7 | tail -n 1) % |" \
    "$(metric "$norm" "$precision" 8 | awk '{s += $1} END {printf "%.2f", s}') |"
}
{
  echo "$card; $spec, batch 128, $epochs epochs"
  echo
  echo '| norm | precision | castnet, images/s | eager PyTorch | torch.compile, CUDA graphs | ratio to it | test accuracy, last epoch | training, s |'
  echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
  for norm in "${norms[@]}"; do
    for precision in "${precisions[@]}"; do row "$norm" "$precision"; done
  done
} > "$out/gpu.md"
printf '%s\n' '| step | result | time |' '| --- | --- | --- |' "${results[@]}" > "$out/steps.md"
cat "$out/steps.md" "$out/gpu.md"
! grep -q failed "$out/steps.md"
