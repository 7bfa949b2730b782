#!/usr/bin/env bash
# The layers of the code: which folder may include which (docs/architecture.md).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

failed=0
# allow FOLDER ALLOWED...: project headers that FOLDER includes begin with one of ALLOWED.
allow() {
  local folder=$1 pattern found
  shift
  pattern=$(IFS='|'; echo "$*")
  found=$(grep -rnE '^#include "' "$folder" --include='*.cpp' --include='*.hpp' --include='*.cu' | grep -vE "\"($pattern)[/.]")
  if [ -n "$found" ]; then
    echo "$folder may include only: $*"
    echo "$found"
    failed=1
  fi
}

allow codegen/ir ir
allow codegen/spec spec ir
allow codegen/layers layers ir
allow codegen/passes passes layers ir
allow codegen/targets targets passes layers ir
allow codegen/targets/cpu targets/cpu targets/schedules passes layers ir
allow codegen/targets/cuda targets/cuda targets/schedules passes layers ir
allow codegen/analysis analysis passes layers ir
allow codegen/emit emit targets analysis layers ir
# ... and castnet_report, angle-bracketed: what the program shows of finished runs, plain values.
for folder in toolchain runs experiments reports cli; do
  allow codegen/$folder toolchain runs experiments reports cli emit targets analysis passes layers spec ir castnet_shared
done
allow runtime core cuda data kernels report train host_cuda castnet_shared
allow shared castnet_shared
allow runtime/core core
allow runtime/kernels/cpu core kernels
allow runtime/kernels/cuda core kernels cuda data
# Only spec/ knows yaml-cpp.
if grep -rln 'yaml-cpp/' codegen runtime | grep -v '^codegen/spec/'; then
  echo "only codegen/spec/ may include yaml-cpp"
  failed=1
fi
exit $failed
