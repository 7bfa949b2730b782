#!/usr/bin/env bash
# Machines that lack something: without the tests' packages, and without what only some compilers have,
# castnet configures and says so; without make, or whatever else a compiler warns about, a training
# shows nothing of it. What failed is shown.
#   tests/scripts/platform_test.sh CASTNET CMAKE COMPILER      exit status 0 if every case holds
set -uo pipefail
castnet=$1
cmake=$2
compiler=$3
source_dir=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
failures=0

verdict() {
  if [ "$2" -eq 0 ]; then
    echo "passed: $1"
  else
    echo "FAILED: $1"
    cat "$log"
    failures=$((failures + 1))
  fi
}

# says TEXT...: whether all stand in the log, however CMake broke its lines.
says() {
  local text
  for text in "$@"; do
    tr -s '\n ' ' ' < "$log" | grep -F -- "$text" > /dev/null || return
  done
}

# In one folder, so that the compiler is looked at once; OPTION...: of CMake.
configure() {
  "$cmake" -S "$source_dir" -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DCASTNET_CUDA=OFF "$@" > "$log" 2>&1
}

without_tests=(-DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON)
configure "${without_tests[@]}" && says "Tests: off, as there is no Catch2" "Benchmarks: off" &&
  ! grep -q Warning "$log"
verdict "without the tests' packages castnet configures, and says so" $?
configure "${without_tests[@]}" -DCASTNET_TESTS=OFF && ! grep -q Warning "$log"
verdict "CASTNET_TESTS=OFF needs no Catch2" $?
! configure "${without_tests[@]}" -DCASTNET_TESTS=ON && says "there is no Catch2" "scripts/packages.sh --tests"
verdict "CASTNET_TESTS=ON needs it, and says where it is" $?

# A compiler that has only what all have.
cat > "$work/plain" << END
#!/bin/sh
for argument; do
  case \$argument in
    -march=native | -mcpu=native | -fopenmp* | -flto*)
      echo "error: unrecognized option \$argument" >&2
      exit 1
      ;;
  esac
done
exec "$compiler" "\$@"
END
chmod +x "$work/plain"
rm -rf "$work/build"
compiler=$work/plain configure -DCASTNET_TESTS=OFF -DCASTNET_BENCH=OFF &&
  says "OpenMP: none" "takes neither -march=native nor -mcpu=native" && ! grep -q Warning "$log"
verdict "without OpenMP and -march=native castnet configures, and says so" $?
if "$compiler" --version | grep 'Free Software Foundation' > /dev/null; then
  says "Link time optimisation: none"
  verdict "without -flto castnet configures, and says so" $?
fi
[ -e "$work/build/codegen/toolchain/build_info.hpp" ] && ! grep -nE 'native|openmp|flto' \
  "$work/build/codegen/toolchain/build_info.hpp" > "$log"
verdict "trainers then do without, too" $?
for file in profile peak trainer_main; do
  "$compiler" -std=c++20 -Wall -Wextra -Wno-unknown-pragmas -Werror -DFMT_HEADER_ONLY -fsyntax-only \
    -I "$source_dir/runtime" -I "$source_dir/shared" "$source_dir/runtime/train/$file.cpp" > "$log" 2>&1
  verdict "$file.cpp compiles without OpenMP" $?
done

# All programs but make.
mkdir "$work/bin"
ln -s /usr/bin/* "$work/bin/"
rm -f "$work"/bin/{make,gmake}
train() {
  rm -rf "$work/cache"
  env XDG_CACHE_HOME="$work/cache" PATH="$work/bin" "$@" "$castnet" train --build-only \
    "$source_dir/tests/generated/tiny.yaml" > "$work/output" 2> "$log"
}
# The work folder's name has no blank or new line.
train LC_ALL=C && [ -x "$(cat "$work/output")" ] && [ "$(wc -l < "$log")" -eq 1 ] &&
  grep -q '^castnet: compiling tiny into ' "$log"
verdict "a training shows no warning of its compiler, without make" $?

# A header before the compiler's own.
mkdir "$work/include"
echo '#error planted' > "$work/include/span"
! train CPLUS_INCLUDE_PATH="$work/include" && grep -q 'error: .*planted' "$log" &&
  grep -q '^castnet: the compiler failed: ' "$log"
verdict "a compiler that fails is shown, with what it says" $?

[ "$failures" -eq 0 ]
