#!/usr/bin/env bash
# All that a GPU can show, in one go: tests, accuracy and speed, verification, sanitizers, PyTorch.
#
#   bench/gpu.sh OUT              on this machine's GPU; the table is OUT/results.md
#   bench/gpu.sh --pack FOLDER    for a machine that has none of castnet's packages: FOLDER/run.sh OUT
#                                 runs there. CIFAR-10, where it is here, becomes FOLDER-data-1 to -3
#   bench/gpu.sh --host OUT       the same steps with tiny data on the host implementation of CUDA, to
#                                 try these scripts: needs no GPU and says nothing about speed
#
# The machine that packs needs the CUDA Toolkit and cuDNN, but no GPU; bench/gpu/run.sh says what the one that
# runs needs. Environment: BUILD (build/gpu; build/release with --host), ARCH (GPUs, e.g. 80,90: this machine's,
# or 90 with --pack), NORMS (batch group layer), CASTNET_DATA (./data), and what bench/gpu/run.sh takes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/data.sh"

fail() { echo "gpu.sh: $*" >&2; exit 3; }
usage() {
  sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

kind=cuda pack_only=
case ${1:-} in
  --pack) pack_only=yes ;;
  --host) kind=host ;;
  -*) usage ;;
esac
[[ ${1:-} != -* ]] || shift
[ $# -eq 1 ] || usage
mkdir -p "$1"
out=$(cd "$1" && pwd)
package=$out
[ -n "$pack_only" ] || package=$out/package
CASTNET_DATA=$(realpath --canonicalize-missing "${CASTNET_DATA:-$root/data}")
export CASTNET_DATA
most=60  # MiB that a folder may have

cd "$root"
read -ra norms <<< "${NORMS:-batch group layer}"
precisions=(fp32 tf32 bf16)
spec=specs/cifar10.yaml
if [ $kind = cuda ]; then
  build=$(realpath --canonicalize-missing "${BUILD:-build/gpu}")
  arch=${ARCH:-}
  if [ -z "$arch" ] && [ -z "$pack_only" ]; then
    arch=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null | head -n 1 | tr -d .)
    [ -n "$arch" ] || fail "no CUDA device: nvidia-smi names none; --pack makes a folder for a machine that has one"
  fi
  arch=${arch:-90}
  trained=(--target cuda --arch "$arch")
  verified=(--device --arch "$arch")
  sets=(--set "data=shapes")
  stand_in=shapes
else
  build=$(realpath --canonicalize-missing "${BUILD:-build/release}")
  norms=(batch)
  trained=(--target cuda --host)
  verified=(--host)
  sets=(--set "data=mnist" --set train.batch=16)
  stand_in=mnist
fi

# Programs for another machine: nothing of this one's instruction set, no path of this one.
build_castnet() {
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCASTNET_CUDA=ON -DCASTNET_TESTS=ON \
    -DCASTNET_NATIVE=OFF -DCASTNET_BENCH=OFF "-DCASTNET_CUDA_ARCHITECTURES=${arch//,/;}" \
    -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON "-DCMAKE_INSTALL_RPATH=\$ORIGIN/../lib"
  cmake --build "$build" --target castnet castnet_runtime castnet_gpu_tests \
    castnet_runtime_cuda_{fp32,tf32,bf16}
}
build_on_host() {
  [ -f "$build/CMakeCache.txt" ] || cmake --preset release -DCASTNET_TESTS=ON
  cmake --build "$build" --target castnet castnet_runtime castnet_runtime_cuda_host{,_tf32,_bf16} \
    castnet_tests_cuda_augment
}

# compile NAME ARGUMENTS...: what castnet builds becomes bin/NAME.
compile() {
  local name=$1 path
  shift
  path=$("$build/castnet" "$@" --build-only) && install --strip "$path" "$package/bin/$name"
}
export -f compile
export build package

# The arguments of compile(), a line each.
programs() {
  local norm precision variant
  for precision in "${precisions[@]}"; do
    echo "trainer-$stand_in-batch-$precision train $spec ${trained[*]} --precision $precision ${sets[*]}"
  done
  if [ $kind = host ]; then
    echo "verify-batch verify $spec ${verified[*]} ${sets[*]}"
    return
  fi
  for norm in "${norms[@]}"; do
    variant=
    [ "$norm" = batch ] || variant="--variant $norm"
    for precision in "${precisions[@]}"; do
      echo "trainer-cifar10-$norm-$precision train $spec $variant ${trained[*]} --precision $precision"
    done
    echo "verify-$norm verify $spec $variant ${verified[*]}"
  done
  echo "verify-small verify $spec ${verified[*]} --set train.batch=16"
  echo "verify-element verify $spec --variant layer ${verified[*]} --set norm.layer.affine=element" \
    "--set budget.parameters=1000000"
}

# Shared libraries that the programs need, but for those of every system, the driver's and cuDNN's. Of
# cuDNN the first one alone comes along, without which no program starts.
libraries() {
  local name path
  mkdir -p "$package/lib/cudnn"
  ldd "$package"/bin/* | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}' | sort -u |
    while read -r name path; do
      case $name in
        libc.so.* | libm.so.* | libmvec.so.* | libdl.so.* | librt.so.* | libpthread.so.* | ld-linux* | libcuda.so.* | libcudnn*) ;;
        *) cp --dereference "$path" "$package/lib/$name" ;;
      esac
    done
  [ $kind = host ] || cp --dereference "$(sed -n 's/^CUDNN_LIBRARY:[^=]*=//p' "$build/CMakeCache.txt")" \
    "$package/lib/cudnn/libcudnn.so.9"
}

# For the words in charts, which fontconfig finds relative to its file.
fonts() {
  mkdir -p "$package/fonts"
  cp --dereference "$(fc-match --format='%{file}' sans-serif)" "$(fc-match --format='%{file}' sans-serif:bold)" \
    "$package/fonts"
  cat > "$package/fonts/fonts.conf" << 'END'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">.</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
END
}

# Two of CIFAR-10's six files a folder.
data_parts() {
  local file folder index=0
  for folder in "$CASTNET_DATA"{/cifar10,/cifar-10-batches-bin,}; do
    [ ! -f "$folder/test_batch.bin" ] || break
  done
  for file in test_batch data_batch_{1..5}; do
    mkdir -p "$package-data-$((index / 2 + 1))"
    gzip -9 < "$folder/$file.bin" > "$package-data-$((index / 2 + 1))/$file.bin.gz"
    index=$((index + 1))
  done
  for folder in "$package"-data-[1-3]; do small_enough "$folder"; done
}

small_enough() {
  local size
  size=$(du --summarize --apparent-size --block-size=1MiB "$1" | cut -f 1)
  [ "$size" -lt $most ] || fail "$1 has $size MiB; $most are the most"
  echo "gpu.sh: $1: $size MiB" >&2
}

# Nothing in the folder may ask for a path of this machine, or a newer C library than is said.
relocatable() {
  local program
  for program in "$package"/bin/*; do
    ! readelf --dynamic "$program" | sed -nE 's/.*(RPATH|RUNPATH)\).*\[(.*)\]/\2/p' | grep -vxF "\$ORIGIN/../lib" ||
      fail "$program looks for libraries in this machine's folders"
  done
  echo "gpu.sh: needs the C library of $(objdump --dynamic-syms "$package"/bin/* "$package"/lib/*.so* |
    grep -o 'GLIBC_2[0-9.]*' | sort --version-sort --unique | tail -n 1) or later" >&2
}

pack() {
  local tests
  rm -rf "${package:?}"/{bin,lib,fonts,data}
  mkdir -p "$package/bin"
  if [ $kind = cuda ]; then build_castnet; else build_on_host; fi > "$package/build.log" 2>&1 ||
    fail "building castnet failed: $(tail -n 5 "$package/build.log")"
  XDG_CACHE_HOME=$build/programs CUDA_VISIBLE_DEVICES='' \
    xargs --max-procs="$(nproc)" -I{} bash -c 'compile {}' < <(programs) 2> "$package/build.log" ||
    fail "a program was not built: $(tail -n 5 "$package/build.log")"
  rm "$package/build.log"
  for tests in "$build"/tests/castnet_gpu_tests_* "$build"/tests/castnet_tests_cuda_augment; do
    case $kind-${tests##*/} in
      cuda-castnet_gpu_* | host-castnet_tests_*) install --strip "$tests" "$package/bin/tests-${tests##*tests_}" ;;
    esac
  done
  libraries
  fonts
  [ $kind = cuda ] || draw_mnist "$package/data" 32 16
  install bench/gpu/run.sh "$package/run.sh"
  cp bench/pytorch.py scripts/data.sh "$package"
  {
    echo "# What bench/gpu.sh packed, for run.sh."
    echo "kind=$kind stand_in=$stand_in norms=(${norms[*]})"
    [ $kind = cuda ] || echo "few_epochs=1 few_steps=(--steps 1) patience=5"
  } > "$package/settings.sh"
  [ $kind = host ] || relocatable
  # A third of the size; run.sh unpacks them.
  tar --create --gzip --file "$package/programs.tar.gz" --directory "$package" bin lib
  (cd "$package" && rm -r bin lib)
  small_enough "$package"
}

pack
if [ -z "$pack_only" ]; then
  exec "$package/run.sh" "$out"
elif has_cifar10 "$CASTNET_DATA"; then
  data_parts
fi
