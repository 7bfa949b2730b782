#!/usr/bin/env bash
# Runs what bench/gpu.sh packed into this folder on this machine: tests, accuracy and speed, verification,
# sanitizers, and PyTorch beside it, the most valuable first.
#
#   ./run.sh OUT
#
# Needs a GPU and its driver, and cuDNN 9, which Python's package nvidia.cudnn may hold; PyTorch and
# compute-sanitizer where they are there. OUT/results.md is a table that grows by a row a step, as it
# is printed; OUT/NAME.log is what a step wrote. A step that takes too long is ended, and the next one begins.
# Environment: PYTHON (python3), CASTNET_DATA (a folder that holds CIFAR-10; else the parts that were
# packed beside this folder; else drawn images stand in), LIMIT (480 seconds for all; the tests, the
# training and the first verification take at most half of them), EPOCHS (20).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ]; then
  sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
mkdir -p "$1" && out=$(cd "$1" && pwd) || exit 3
# The packer's choices.
kind='' stand_in='' norms=() few_epochs='' few_steps=() patience=1
# shellcheck source=/dev/null
. "$here/settings.sh"
# shellcheck source=scripts/data.sh
. "$here/data.sh"
[ ! -f "$here/programs.tar.gz" ] || tar --extract --gzip --file "$here/programs.tar.gz" --directory "$here" || exit 3
python=${PYTHON:-python3}
epochs=${EPOCHS:-${few_epochs:-20}}
limit_all=$((${LIMIT:-480} * patience))
precisions=(fp32 tf32 bf16)
table=$out/results.md
failed=0

# A child has no part in this script's output, ends when its time is over, and when this script ends,
# however that may be.
child=
trap '[ -z "$child" ] || kill "$child" 2> /dev/null; exit 130' INT TERM HUP
tied=()
! command -v setpriv > /dev/null || tied=(setpriv --pdeathsig TERM)

row() {
  local line
  line="| $1 | $2 | $3 s | $4 |"
  echo "$line" >> "$table"
  echo "$line"
}

# step NAME SECONDS COMMAND...: runs it, its output in OUT/NAME.log, and adds a row. `input` is a file for the
# command to read.
step() {
  local name=$1 limit=$(($2 * patience)) start=$SECONDS status result
  shift 2
  [ $((horizon - SECONDS)) -ge "$limit" ] || limit=$((horizon - SECONDS))
  if [ "$limit" -lt 2 ]; then
    row "$name" "not run: no time left" 0 ''
    failed=1
    return 1
  fi
  "${tied[@]}" timeout --kill-after=5 "$limit" "$@" > "$out/$name.log" 2>&1 < "${input:-/dev/null}" &
  child=$!
  wait "$child"
  status=$?
  child=
  case $status in
    0) result=passed ;;
    77) result=skipped ;;
    124 | 137) result="ended after $limit s" failed=1 ;;
    *) result="failed ($status)" failed=1 ;;
  esac
  row "$name" "$result" $((SECONDS - start)) "$(result_of "$name")"
  return $status
}

# What a step has found, by its name.
result_of() {
  case $1 in
    train-*) trained "$1" ;;
    pytorch-*) measured "$1" ;;
    memcheck-* | racecheck-* | initcheck-*) grep 'ERROR SUMMARY\|RACECHECK SUMMARY' "$out/$1.log" | tail -n 1 ;;
    *) last_line "$1" ;;
  esac
}

last_line() { grep -v '^[[:space:]=]*$' "$out/$1.log" | tail -n 1 | cut -c 1-160 | tr '|' ' '; }
median() { sort -g | awk '{v[NR] = $1} END {if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }
# metric RUN COLUMN: of each epoch.
metric() { tail -n +2 "$out/run-$1/metrics.csv" 2> /dev/null | cut -d, -f"$2"; }

# Where an epoch has ended, also of a training that was ended.
trained() {
  local run=${1#train-} seconds
  seconds=$(metric "$run" 8 | median)
  if [ -z "$seconds" ]; then
    last_line "$1"
    return
  fi
  echo "epochs: $(metric "$run" 8 | wc -l), median $seconds s an epoch," \
    "$(metric "$run" 9 | median) images/s; $(metric "$run" 8 | awk '{s += $1} END {print s}') s in all;" \
    "test accuracy $(metric "$run" 7 | tail -n 1) %"
}

# pytorch-KIND-NORM-PRECISION: the median of its measurements, and castnet's median by it.
measured() {
  local speed ours compared=${1#pytorch-*-}
  speed=$(grep -E '^[0-9.]+$' "$out/$1.log" | median)
  if [ -z "$speed" ]; then
    last_line "$1"
    return
  fi
  ours=$(metric "$compared" 9 | median)
  echo "median $speed images/s; castnet's median by it:" \
    "$(awk -v a="${ours:-0}" -v b="$speed" 'BEGIN {if (a > 0) printf "%.2f", a / b; else print "-"}')"
}

# Where cuDNN is: Python's package, which has the newer one; else the system's; else the library that
# came along, which is enough for a program to say that there is no GPU.
libraries() {
  local folder
  folder=$("$python" -c 'import nvidia.cudnn; print(list(nvidia.cudnn.__path__)[0])' 2> /dev/null)
  if [ -n "$folder" ]; then
    printf '%s:' "$folder/lib" "${folder%/*}"/cu1?/lib "${folder%/*}"/cublas/lib
  elif ! ldconfig -p 2> /dev/null | grep -q 'libcudnn\.so\.9'; then
    printf '%s:' "$here/lib/cudnn"
  fi
  echo "$here/lib"
}

# The parts of CIFAR-10 beside this folder, unpacked once.
unpack_data() {
  local part folder=$here-data/cifar10 jobs=()
  for part in "$here"-data-*/*.bin.gz; do
    [ -f "$part" ] || continue
    mkdir -p "$folder"
    gzip --decompress --stdout "$part" > "$folder/$(basename "$part" .gz)" &
    jobs+=($!)
  done
  [ ${#jobs[@]} -eq 0 ] || wait "${jobs[@]}"
  [ "$(find "$folder" -name '*.bin' 2> /dev/null | wc -l)" -ne 6 ] || echo "$here-data"
}

data=$stand_in
if [ "$kind" = cuda ]; then
  CASTNET_DATA=${CASTNET_DATA:-$(unpack_data)}
  if [ -n "$CASTNET_DATA" ] && has_cifar10 "$CASTNET_DATA"; then
    data=cifar10
  else
    echo "run.sh: no CIFAR-10, or not all of its parts: training on $stand_in" >&2
  fi
else
  CASTNET_DATA=$here/data
  export OMP_WAIT_POLICY=passive  # the machine may have other things to do
fi
export CASTNET_DATA CASTNET_CUDA_ALGORITHMS=1
export FONTCONFIG_FILE=$here/fonts/fonts.conf XDG_CACHE_HOME=$here/cache
castnet_libraries=$(libraries):${LD_LIBRARY_PATH:-}

# ours NAME SECONDS PROGRAM...: a step with a program of this folder.
ours() {
  local name=$1 limit=$2 program=$3
  shift 3
  [ -x "$here/bin/$program" ] || return 0
  step "$name" "$limit" env LD_LIBRARY_PATH="$castnet_libraries" "$here/bin/$program" "$@"
}

# train NORM PRECISION
train() {
  local run=$1-$2
  ours "train-$run" 60 "trainer-$data-$run" --epochs "$epochs" --out "$out/run-$run"
}

# algorithms RUN: every row that cuDNN returned for the run's convolutions, and which were chosen.
algorithms() {
  grep -E '^([^,]*,){8}' "$out/train-$1.log" > "$out/algorithms-$1.csv" 2> /dev/null
}

# sanitize TOOL NAME SECONDS PROGRAM...: only castnet's own kernels; cuDNN's take minutes.
sanitize() {
  local tool=$1 name=$2 limit=$3 program=$4 own=()
  shift 4
  command -v compute-sanitizer > /dev/null && [ -x "$here/bin/$program" ] || return 0
  # Older ones cannot leave kernels out.
  ! compute-sanitizer --help 2>&1 | grep -q -e --kernel-name || own=(--kernel-name kns=castnet)
  step "$tool-$name" "$limit" env LD_LIBRARY_PATH="$castnet_libraries" \
    compute-sanitizer --tool "$tool" "${own[@]}" --error-exitcode 9 "$here/bin/$program" "$@"
}

# peer KIND NORM PRECISION SECONDS OPTIONS...: PyTorch's speed, seven times.
peer() {
  local name=$1-$2-$3 network=cifar10_$2 precision=$3 limit=$4
  shift 4
  [ "$precision" = fp32 ] || set -- "$@" "--$precision"
  input=$out/seven step "pytorch-$name" "$limit" \
    "$python" "$here/pytorch.py" "${network%_batch}" --device cuda --seconds 0.5 "$@"
}

card='the host implementation of CUDA'
[ "$kind" = host ] ||
  card=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2> /dev/null | head -n 1)
{
  echo "${card:-no GPU that nvidia-smi knows}; $(nproc) cores; trained on $data"
  echo
  echo '| step | result | time | |'
  echo '| --- | --- | --- | --- |'
} | tee "$table"

# What must work for all else to: an epoch of a few images.
horizon=$((limit_all / 2))
if ! ours train-first 60 "trainer-$stand_in-batch-fp32" --epochs 1 --out "$out/run-first"; then
  tail -n 15 "$out/train-first.log"
  if grep -q 'no CUDA device' "$out/train-first.log"; then exit 3; fi
fi
algorithms first
cat "$out/algorithms-first.csv"

for tests in "$here"/bin/tests-*; do ours "$(basename "$tests")" 60 "$(basename "$tests")"; done
for precision in "${precisions[@]}"; do
  train batch "$precision"
  algorithms "batch-$precision"
done
ours verify-batch 60 verify-batch "${few_steps[@]}"

horizon=$limit_all
sanitize memcheck kernels 60 tests-cuda_kernels
sanitize memcheck network 60 verify-small --steps 1
yes step 2> /dev/null | head -n 7 > "$out/seven"
has_torch() { [ "$kind" = cuda ] && "$python" -c 'import torch; print("PyTorch", torch.__version__)' 2> /dev/null; }
if has_torch; then
  for precision in "${precisions[@]}"; do
    peer eager batch "$precision" 30
    peer compiled batch "$precision" 60 --compile
    peer graph batch "$precision" 60 --compile --graph
  done
fi
for norm in "${norms[@]}"; do
  [ "$norm" != batch ] || continue
  for precision in "${precisions[@]}"; do train "$norm" "$precision"; done
  ours "verify-$norm" 60 "verify-$norm"
done
ours verify-element 60 verify-element
for tool in racecheck initcheck; do sanitize $tool kernels 60 tests-cuda_kernels; done
if has_torch > /dev/null; then
  for norm in "${norms[@]}"; do
    [ "$norm" != batch ] || continue
    peer graph "$norm" fp32 60 --compile --graph
  done
fi
# Once more, where only the end of what was printed is kept.
cat "$table"
exit $failed
