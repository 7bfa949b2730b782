#!/usr/bin/env bash
# Adds a layer type to castnet, as a copy of scripts/new_layer/ that works: each element's square.
#   scripts/new_layer.sh NAME TOKEN     e.g. scripts/new_layer.sh median_pool M: `M1` in a spec
# Five new files, and a row in three; CONTRIBUTING.md tells what to change then.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  echo "new_layer.sh: $1
usage: scripts/new_layer.sh NAME TOKEN     NAME in small letters, digits and _; TOKEN one letter" >&2
  exit 2
}
[ $# -eq 2 ] || usage "two arguments are needed, not $#"
name=$1
token=$2
[[ $name =~ ^[a-z][a-z0-9_]*$ ]] || usage "'$name' is no name"
[[ $token =~ ^[A-Za-z]$ ]] || usage "'$token' is no letter"
[ ! -e "codegen/layers/$name.cpp" ] || usage "there is a layer type '$name'"
! grep -q "\.token = \"$token" codegen/ir/layer_kinds.hpp || usage "'$token' stands for another layer"

# median_pool as MedianPool
type=$(sed -E 's/(^|_)([a-z0-9])/\U\2/g' <<< "$name")

place() {
  sed "s/skeleton/$name/g; s/Skeleton/$type/g" "scripts/new_layer/$1" > "$2"
  echo "$2"
}
place layer.cpp "codegen/layers/$name.cpp"
place cpu.cpp "templates/cpu/$name.cpp"
place cuda.cpp "templates/cuda/$name.cpp"
place kernel_cpu.hpp "runtime/kernels/cpu/$name.hpp"
place kernel_cuda.hpp "runtime/kernels/cuda/$name.hpp"

# Rows: each before the loss, which is the last.
row() {
  local file=$1
  sed -i -E "$2" "$file"
  grep -qE "$3" "$file" || { echo "new_layer.sh: $file has no place for a row" >&2; exit 1; }
  echo "$file"
}
row codegen/ir/graph.hpp "s|^(/// Softmax cross-entropy of the logits.*)|struct $type {\n  bool operator==(const $type\&) const = default;\n};\n\n\1|
s/\bLoss>;/$type, Loss>;/" "$type, Loss>;"
row codegen/layers/registry.cpp "s/^(const LayerType& )loss_type\(\);/\1${name}_type();\n&/
s/&loss_type\(\)/\&${name}_type(), &/" "&${name}_type\(\)"
row codegen/ir/layer_kinds.hpp "s/^(enum class LayerKind \{.*) \};/\1, $name };/
s/^\}\);/    {.token = \"$token\",\n     .kind = LayerKind::$name,\n     .text = \"a $name\",\n     .keys = \"dropout block\",\n     .block = \"pool dropout\"},\n&/" "LayerKind::$name"
