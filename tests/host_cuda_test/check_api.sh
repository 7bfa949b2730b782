#!/usr/bin/env bash
# check_api.sh COMPILER INCLUDE...: whether the headers of runtime/host_cuda/ say what CUDA's and cuDNN's
# own headers (below INCLUDE) say. Their functions are declared once more after the real ones, which C
# linkage allows only with the same types; values, members and their types are compared.
set -uo pipefail
include=$(dirname "${BASH_SOURCE[0]}")/../../runtime/host_cuda/include
compiler=$1
shift
if [ $# -eq 0 ]; then
  echo "skipped: CUDA and cuDNN are not installed"
  exit 77
fi

functions() {  # without default arguments: they cannot be given twice
  sed -n '/^extern "C" {/,/^}/p' "$include/$1" | sed -E 's/ = (nullptr|0)([,)])/\2/g'
}

values() {
  sed '/^extern "C" {/,$d' "$include/$1" | grep -oE '\b(cuda[A-Z]|CUDNN_)[A-Za-z0-9_]+ = [0-9]+' |
    sed -E 's/(.*) = (.*)/static_assert(\1 == \2);/'
  sed -nE 's/^#define (cuda[A-Za-z]+) (0x[0-9]+)$/static_assert(\1 == \2);/p' "$include/$1"
}

members() {
  awk '/^(typedef )?struct (cuda|cudnn)[A-Za-z_]+ \{/ { name = $1 == "typedef" ? $3 : $2; next }
    /^\}/ { name = "" }
    name != "" && match($0, /[a-zA-Z0-9]+(\[[0-9]+\])?;/) {
      type = substr($0, 1, RSTART - 1)
      member = substr($0, RSTART, RLENGTH - 1)
      array = index(member, "[") ? substr(member, index(member, "[")) : ""
      sub(/\[.*/, "", member)
      printf "static_assert(std::is_same_v<decltype(%s::%s), %s%s>);\n", name, member, type, array
    }' "$include/$1"
}

source=$(mktemp --suffix=.cpp)
trap 'rm -f "$source"' EXIT
{
  echo '#include <cuda_bf16.h>'
  echo '#include <cuda_runtime.h>'
  echo '#include <cudnn.h>'
  echo '#include <type_traits>'
  for header in cuda_runtime.h cudnn.h; do
    functions $header
    values $header
    members $header
  done
  echo 'static_assert(sizeof(__nv_bfloat16) == 2 && std::is_trivially_copyable_v<__nv_bfloat16>);'
} > "$source"
checks=$(grep -c static_assert "$source")
declared=$(grep -cE '^(cudaError_t|cudnnStatus_t|const char\*|size_t|void) cu(da|dnn)' "$source")
echo "$declared functions, $checks values and members"
# Less would mean that this script does not find them any more.
[ "$declared" -ge 60 ] && [ "$checks" -ge 120 ] || exit 1
"$compiler" -std=c++20 -fsyntax-only -Wno-deprecated-declarations "${@/#/-isystem}" "$source"
