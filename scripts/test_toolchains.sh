#!/usr/bin/env bash
# castnet with other compilers: builds the program, a trainer that trains an epoch on drawn shapes, and
# the kernels' tests, with each of GCC 11 to 14 and Clang 14 to 19 that is installed; with Clang also on
# LLVM's libc++ where that is installed.
#   scripts/test_toolchains.sh [COMPILER...]      e.g. g++-13 clang++-18 clang++-18+libc++
# A cell of the table is "ok", "FAILED", or why there is nothing to test; a warning fails, too. With
# libc++, where castnet itself does not link, the trainer's source comes from another castnet: that of a
# compiler before it in the list, else build/release/castnet. Two processes at a time; the
# logs are in build/toolchains. Ends with `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

folder=build/toolchains
generator=build/release/castnet
export XDG_CACHE_HOME=$PWD/$folder/cache
mkdir -p "$folder"
passed=0
failed=0
skipped=0
rows=()

# Whether a Clang has libc++.
has_libcxx() {
  echo 'int main() {}' | "$1" -stdlib=libc++ -include string -x c++ - -o "$folder/probe" 2> /dev/null
}

toolchains=("$@")
if [ $# -eq 0 ]; then
  for compiler in g++-{11..14} clang++-{14..19}; do
    command -v "$compiler" > /dev/null || continue
    toolchains+=("$compiler")
    [[ $compiler != clang* ]] || ! has_libcxx "$compiler" || toolchains+=("$compiler+libc++")
  done
fi

# count RESULT: into the totals.
count() {
  case $1 in
    ok) passed=$((passed + 1)) ;;
    FAILED) failed=$((failed + 1)) ;;
    *) skipped=$((skipped + 1)) ;;
  esac
}

# logged NAME COMMAND...: its output into a log; shows the end of that if it fails.
logged() {
  local log=$folder/$1.log
  shift
  "$@" > "$log" 2>&1 && return
  tail -n 15 "$log"
  return 1
}

quiet() {
  ! grep -nE '(^|[^a-z])warning:|CMake [A-Za-z ]*Warning' "$folder/$1.log"
}

# configure NAME COMPILER GENERATOR: ON or OFF. The generator is not optimized, which takes less time;
# the runtime and trainers are, as everywhere.
configure() {
  local flags=
  [[ $1 != *libc++ ]] || flags=-stdlib=libc++
  cmake -S . -B "$folder/$1" -G Ninja -DCMAKE_CXX_COMPILER="$2" -DCMAKE_CXX_FLAGS="$flags" \
    -DCMAKE_BUILD_TYPE=None -DCASTNET_BENCH=OFF -DCASTNET_CUDA=OFF -DCASTNET_GENERATOR="$3"
}

# Without -q: grep would end early, and what writes into the pipe would fail.
has_kernel_tests() { cmake --build "$folder/$1" --target help | grep '^castnet_tests_kernels:' > /dev/null; }

# built NAME TARGET: ok or FAILED.
built() {
  if logged "$1-$2" cmake --build "$folder/$1" --target "$2" -j 2 && quiet "$1-$2"; then
    result=ok
  else
    result=FAILED
  fi
}

# How docs/generated.md says, with what this build has found. Clang tells of loops that it does not vectorise.
trainer_by_hand() {
  local name=$1 compiler=$2 threads=() pango
  read -ra pango <<< "$(pkg-config --libs pangocairo)"
  ! grep -q '^OpenMP_CXX_FLAGS:STRING=-f' "$folder/$name/CMakeCache.txt" || threads=(-fopenmp)
  "$generator" generate tests/generated/tiny.yaml --target cpu -o "$folder/$name/generated" &&
    "$compiler" -stdlib=libc++ -std=c++20 -O3 -march=native -ffp-contract=fast -Wno-pass-failed "${threads[@]}" -I runtime -I shared \
      "$folder/$name/generated/tiny/cpu.cpp" "$folder/$name/libcastnet_runtime.a" \
      "${pango[@]}" -lz -lmd -pthread -o "$folder/$name/trainer" &&
    "$folder/$name/trainer" --epochs 1 --out "$folder/$name/run"
}

trainer_by_castnet() {
  "$folder/$1/castnet" train tests/generated/tiny.yaml --set train.epochs=1 --out "$folder/$1/run"
}

for toolchain in "${toolchains[@]}"; do
  compiler=${toolchain%+libc++}
  name=${toolchain##*/}
  echo "== $toolchain"
  castnet=ok trainer=ok kernels=ok openmp=yes
  if ! command -v "$compiler" > /dev/null; then
    castnet="not installed" trainer="not installed" kernels="not installed" openmp=
  elif ! logged "$name-configuration" configure "$name" "$compiler" ON &&
    { ! grep -q 'yaml-cpp does not link' "$folder/$name-configuration.log" ||
      ! logged "$name-configuration" configure "$name" "$compiler" OFF; }; then
    castnet=FAILED trainer=FAILED kernels=FAILED openmp=
  else
    quiet "$name-configuration" || failed=$((failed + 1))
    ! grep -q 'OpenMP: none' "$folder/$name-configuration.log" || openmp=none
    if grep -q '^CASTNET_GENERATOR:BOOL=ON' "$folder/$name/CMakeCache.txt"; then
      built "$name" castnet
      castnet=$result
      [ "$castnet" = FAILED ] || [ "$generator" != build/release/castnet ] || generator=$folder/$name/castnet
      logged "$name-trainer" trainer_by_castnet "$name" && quiet "$name-trainer" || trainer=FAILED
    else
      castnet="yaml-cpp does not link"
      built "$name" castnet_runtime
      trainer=$result
      [ "$trainer" = FAILED ] || { logged "$name-trainer" trainer_by_hand "$name" "$compiler" && quiet "$name-trainer"; } ||
        trainer=FAILED
    fi
    if has_kernel_tests "$name"; then
      built "$name" castnet_tests_kernels
      kernels=$result
      [ "$kernels" = FAILED ] || logged "$name-kernels" "$folder/$name/tests/castnet_tests_kernels" ||
        kernels=FAILED
    else
      kernels=$(sed -n 's/^-- Tests: off, as \(there is no Catch2\).*/\1/p; s/^-- Tests: off, as \(Catch2\) was built.*/\1 does not link/p' \
        "$folder/$name-configuration.log")
    fi
  fi
  for result in "$castnet" "$trainer" "$kernels"; do count "$result"; done
  rows+=("| $name | $openmp | $castnet | $trainer | $kernels |")
done

echo "| compiler | OpenMP | castnet | trainer | kernels' tests |"
echo "| --- | --- | --- | --- | --- |"
printf '%s\n' "${rows[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
