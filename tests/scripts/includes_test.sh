#!/usr/bin/env bash
# The floors of the code: which folder may include which (docs/architecture.md), and no circle among them.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

# What a folder may include besides itself, in a row or two: only folders of rows above it.
floors='
shared
codegen/ir            shared
codegen/spec          shared codegen/ir
codegen/layers        shared codegen/ir
codegen/passes        shared codegen/ir codegen/layers
codegen/targets       codegen/ir codegen/passes
codegen/targets/cpu   shared codegen/ir codegen/layers codegen/passes codegen/targets
codegen/targets/cuda  codegen/ir codegen/layers codegen/passes codegen/targets
codegen/analysis      shared codegen/ir codegen/layers codegen/passes
codegen/emit          codegen/ir codegen/layers codegen/targets codegen/analysis
runtime/report/api
codegen/toolchain     shared codegen/ir codegen/spec codegen/targets codegen/emit
codegen/runs          shared codegen/toolchain runtime/report/api
codegen/programs      shared codegen/ir codegen/spec codegen/targets codegen/analysis codegen/emit codegen/toolchain
codegen/experiments   shared codegen/ir codegen/spec codegen/layers codegen/targets codegen/analysis codegen/emit
codegen/experiments   codegen/toolchain codegen/runs codegen/programs runtime/report/api
codegen/reports       shared codegen/ir codegen/spec codegen/layers codegen/analysis codegen/emit codegen/toolchain
codegen/reports       codegen/runs codegen/programs codegen/experiments runtime/report/api
codegen/cli           shared codegen/ir codegen/spec codegen/layers codegen/targets codegen/analysis codegen/emit
codegen/cli           codegen/toolchain codegen/runs codegen/programs codegen/experiments codegen/reports
runtime/core
runtime/data          shared runtime/core
runtime/kernels       shared runtime/core
runtime/kernels/cpu   shared runtime/core runtime/kernels
runtime/kernels/cuda  shared runtime/core runtime/data runtime/kernels
runtime/report        shared runtime/core runtime/data runtime/report/api
runtime/run           shared runtime/core runtime/data runtime/report runtime/report/api
runtime/train         shared runtime/core runtime/data runtime/kernels/cpu runtime/report runtime/report/api runtime/run
runtime/cuda          shared runtime/core runtime/data runtime/kernels runtime/kernels/cuda runtime/train
runtime/host_cuda
'

failed=0
complain() {
  echo "$*"
  failed=1
}

# home FILE HEADER: sets `home` to the folder of a header that FILE includes. One folder holds a library's
# headers for others, and counts as that library.
home() {
  local folder=${1%/*} base
  if [[ $2 == */* ]]; then
    folder=${2%/*}
    for base in "${1%%/*}" shared runtime codegen runtime/report/api; do
      [ -d "$base/${2%/*}" ] || continue
      folder=$base/${2%/*}
      break
    done
  fi
  home=${folder/#shared\/castnet_shared/shared}
  home=${home/%\/castnet_report/}
  home=${home/#runtime\/host_cuda\/include/runtime/host_cuda}
}

declare -A allowed=()
while read -r folder others; do
  [ -n "$folder" ] || continue
  for other in $others; do
    [ -n "${allowed[$other]:-}" ] || complain "the row of $folder names $other, which has no row above it"
  done
  allowed[$folder]="${allowed[$folder]:- $folder }$others "
done <<< "$floors"

declare -A read=() edges=()
includes=0
while IFS= read -r line; do
  file=${line%%:*}
  header=${line#*[\"<]}
  home "$file" "${file##*/}"
  from=$home
  home "$file" "${header%%[\">]*}"
  includes=$((includes + 1))
  read[$from]=1
  if [ -z "${allowed[$from]:-}" ]; then
    complain "$file: its folder $from has no row in $0"
  elif [[ ${allowed[$from]} != *" $home "* ]]; then
    complain "$file: $from may not include $home: ${line#*:}"
  fi
  [ "$from" = "$home" ] || edges["$from $home"]=1
done < <(grep -rE '^#include ("|<castnet_report/)' codegen runtime shared \
  --include='*.cpp' --include='*.hpp' --include='*.cu' --include='*.h')

# A test that reads nothing passes nothing.
[ "$includes" -ge 500 ] || complain "only $includes includes of the project's own headers were found"
for folder in "${!allowed[@]}"; do
  [ -d "$folder" ] || complain "there is no folder $folder, for which $0 has a row"
done
for folder in codegen/cli codegen/ir runtime/train runtime/kernels/cuda shared; do
  [ -n "${read[$folder]:-}" ] || complain "nothing was read in $folder"
done
loops=$(printf '%s\n' "${!edges[@]}" | tsort 2>&1 > /dev/null) || complain "folders include each other:"$'\n'"$loops"

# Only spec/ knows yaml-cpp.
if grep -rln 'yaml-cpp/' codegen runtime | grep -v '^codegen/spec/'; then
  complain "only codegen/spec/ may include yaml-cpp"
fi
[ "$failed" -ne 0 ] || echo "$includes includes between ${#allowed[@]} folders: each as its floor allows, and no circle"
exit $failed
