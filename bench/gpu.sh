#!/usr/bin/env bash
# All that is to be shown on a GPU, in one go: tests, sanitizers, accuracy and speed. Prints a short
# table last, and writes everything to a folder.
#
#   bench/gpu.sh OUT
#
# Needs the CUDA Toolkit, cuDNN and, for the comparison, a Python with torch. Takes about 8 minutes on
# 16 cores. Environment: BUILD (build/gpu; one that is there already is not built again), PYTHON
# (python3), CASTNET_DATA (./data; without CIFAR-10 the drawn shapes are trained), EPOCHS (20),
# REPETITIONS (7), NORMS (batch group layer).
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -eq 1 ] || { sed -n 's/^# \{0,1\}//; 2,11p' "$0" >&2; exit 2; }
mkdir -p "$1" && out=$(cd "$1" && pwd) || exit 3
cd "$root" || exit 3
build=${BUILD:-$root/build/gpu}
python=${PYTHON:-python3}
epochs=${EPOCHS:-20}
repetitions=${REPETITIONS:-7}
read -ra norms <<< "${NORMS:-batch group layer}"
export CASTNET_DATA=${CASTNET_DATA:-$root/data}
export XDG_CACHE_HOME=$out/cache

card=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2> "$out/nvidia-smi.log" | head -n 1)
[ -n "$card" ] || { echo "gpu.sh: no GPU: $(cat "$out/nvidia-smi.log")" >&2; exit 3; }
spec=specs/cifar10.yaml
set=()
[ -f "$CASTNET_DATA/cifar10/data_batch_1.bin" ] || {
  echo "gpu.sh: no CIFAR-10 below $CASTNET_DATA: training on drawn shapes" >&2
  set=(--set data=shapes)
}

# step NAME SECONDS COMMAND...: runs it, writes OUT/NAME.log, notes the result; goes on in any case.
results=()
step() {
  local name=$1 limit=$2 start=$SECONDS status
  shift 2
  echo "== $name" >&2
  timeout "$limit" "$@" > "$out/$name.log" 2>&1
  status=$?
  results+=("$(printf '| %s | %s | %d s |' "$name" "$([ $status -eq 0 ] && echo passed || echo "failed ($status)")" \
    $((SECONDS - start)))")
  [ $status -eq 0 ] || tail -n 5 "$out/$name.log" >&2
  return $status
}

variant_of() { [ "$1" = batch ] || echo --variant "$1"; }

build_all() {
  scripts/packages.sh &&
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCASTNET_CUDA=ON \
      -DCASTNET_CUDA_ARCHITECTURES=native &&
    cmake --build "$build" --target castnet castnet_runtime castnet_cuda castnet_gpu_tests
}
if [ ! -x "$build/castnet" ]; then
  step build 300 build_all || { printf '%s\n' "${results[@]}"; exit 3; }
fi

# Trainers compile side by side: a norm and a precision each.
trainer() { echo "$out/trainer-$1-$2"; }
compile() {
  local norm=$1 precision=$2
  # shellcheck disable=SC2046
  ln -sf "$("$build/castnet" train $spec $(variant_of "$norm") "${set[@]}" --target cuda \
    --precision "$precision" --build-only)" "$(trainer "$norm" "$precision")"
}
compile_all() {
  local norm precision jobs=()
  for norm in "${norms[@]}"; do
    for precision in fp32 tf32 bf16; do
      compile "$norm" "$precision" &
      jobs+=($!)
    done
  done
  for job in "${jobs[@]}"; do wait "$job" || return 1; done
}
export -f compile compile_all trainer variant_of
step compile 240 compile_all

for tests in "$build"/tests/castnet_gpu_tests_*; do
  step "$(basename "$tests")" 120 "$tests"
done
for norm in "${norms[@]}" element; do
  change=()
  [ "$norm" = element ] && change=(--set "norm={layer: {affine: element}}" --set budget.parameters=5000000)
  # shellcheck disable=SC2046
  step "verify-$norm" 120 "$build/castnet" verify $spec --device "${change[@]}" \
    $([ "$norm" = element ] || variant_of "$norm")
done
for tool in memcheck racecheck initcheck; do
  step "sanitizer-$tool" 120 compute-sanitizer --tool $tool --error-exitcode 9 \
    "$(trainer batch fp32)" --epochs 1 --limit-steps 2 --out "$out/sanitizer"
done

# Accuracy and seconds of whole trainings.
for norm in "${norms[@]}"; do
  for precision in fp32 tf32 bf16; do
    step "train-$norm-$precision" 120 "$(trainer "$norm" "$precision")" --epochs "$epochs" \
      --out "$out/run-$norm-$precision"
  done
done

# images/s of castnet's training loop in its fastest epoch, augmentation included.
fastest() { tail -n +2 "$out/run-$1-$2/metrics.csv" | cut -d, -f9 | sort -g | tail -n 1; }
accuracy() { tail -n 1 "$out/run-$1-$2/metrics.csv" | cut -d, -f7; }
seconds() { tail -n +2 "$out/run-$1-$2/metrics.csv" | awk -F, '{s += $8} END {printf "%.2f", s}'; }
# images/s of PyTorch's steps, the median; no augmentation.
pytorch() {
  local norm=$1
  shift
  yes step | head -n "$repetitions" |
    timeout 120 "$python" bench/pytorch.py "$norm" --device cuda --seconds 0.5 "$@" 2>> "$out/pytorch.log" |
    sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}
{
  echo "Card: $card"
  echo
  echo "| norm | precision | castnet images/s | eager PyTorch | torch.compile + graphs | ratio | test accuracy, last epoch | training, s |"
  echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
  for norm in "${norms[@]}"; do
    for precision in fp32 tf32 bf16; do
      flags=()
      [ $precision = tf32 ] && flags=(--tf32)
      eager= compiled=
      if [ $precision != bf16 ] && "$python" -c 'import torch' 2> /dev/null; then
        eager=$(pytorch "$norm" "${flags[@]}")
        compiled=$(pytorch "$norm" "${flags[@]}" --compile)
      fi
      ours=$(fastest "$norm" $precision)
      ratio=$(awk -v a="${ours:-0}" -v b="${compiled:-${eager:-0}}" 'BEGIN {if (b > 0) printf "%.2f", a / b}')
      echo "| $norm | $precision | ${ours:--} | ${eager:--} | ${compiled:--} | ${ratio:--} |" \
        "$(accuracy "$norm" $precision) % | $(seconds "$norm" $precision) |"
    done
  done
} > "$out/gpu.md" 2>> "$out/pytorch.log"

printf '%s\n' '| step | result | time |' '| --- | --- | --- |' "${results[@]}" | tee "$out/steps.md"
cat "$out/gpu.md"
! printf '%s\n' "${results[@]}" | grep -q failed
