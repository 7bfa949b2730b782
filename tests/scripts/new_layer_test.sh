#!/usr/bin/env bash
# new_layer_test.sh COMPILER: scripts/new_layer.sh adds a layer type in at most eight files, which compile and
# compute what they say.
set -euo pipefail
compiler=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

fail() {
  echo "new_layer_test.sh: $*"
  exit 1
}

cp -r "$root"/{codegen,runtime,shared,templates,scripts} "$copy"
cd "$copy"
files=$(scripts/new_layer.sh square_each S)
[ "$(wc -l <<< "$files")" -le 8 ] || fail "a layer type takes more than 8 files:"$'\n'"$files"
while IFS= read -r file; do
  cmp -s "$file" "$root/$file" && fail "$file was named, but not changed"
done <<< "$files"
others=$(diff -rq "$root/codegen" codegen; diff -rq "$root/runtime" runtime; diff -rq "$root/templates" templates
         diff -rq "$root/shared" shared) || true
[ "$(wc -l <<< "$others")" -eq "$(wc -l <<< "$files")" ] || fail "other files changed, too:"$'\n'"$others"

for call in "" "square" "Square S" "add S" "square C" "a/b S"; do
  # shellcheck disable=SC2086
  scripts/new_layer.sh $call > /dev/null 2>&1 && fail "'new_layer.sh $call' was taken"
done

check() {
  "$compiler" -std=c++20 -Wall -Wextra -Werror -DFMT_HEADER_ONLY -Icodegen -Iruntime -Ishared "$@"
}
for source in codegen/layers/{square_each,registry}.cpp codegen/spec/tokens.cpp; do
  check -fsyntax-only "$source"
done
cat > cuda.cpp << 'EOF'
#include "kernels/cuda/square_each.hpp"
struct S { static constexpr castnet::MapShape value{16, 2, 3, 3}; };
void call(const float* x, float* y) { castnet::cuda::square_each_forward<S>(nullptr, x, y); }
EOF
check -Iruntime/host_cuda/include -fsyntax-only cuda.cpp
cat > cpu.cpp << 'EOF'
#include "kernels/cpu/square_each.hpp"
int main() {
  constexpr castnet::MapShape kShape{16, 2, 1, 1};
  double x[32], y[32], dy[32], dx[32];
  for (int i = 0; i < 32; ++i) x[i] = i, dy[i] = 2;
  castnet::cpu::square_each_forward<kShape>(x, y);
  castnet::cpu::square_each_backward<kShape>(x, dy, dx);
  return y[5] == 25 && y[31] == 961 && dx[5] == 20 && dx[31] == 124 ? 0 : 1;
}
EOF
check cpu.cpp -o cpu
./cpu || fail "the kernels compute something else"
echo "a layer type takes $(wc -l <<< "$files") files"
