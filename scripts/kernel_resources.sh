#!/usr/bin/env bash
# What each kernel takes of a GPU. CMake calls nvcc through this script (-DCASTNET_KERNEL_TABLE=ON).
#   scripts/kernel_resources.sh NVCC ARGUMENTS... -o OBJECT
# compiles as NVCC does, and writes OBJECT.kernels, a line for each kernel and kind of GPU:
#   ARCHITECTURE REGISTERS THREADS SHARED SPILLED NAME
# THREADS is the kernel's launch bound, 0 where it has none; SHARED and SPILLED are bytes. scripts/kernels.sh
# reads them.
set -uo pipefail
object=
for ((i = 1; i < $#; ++i)); do
  [ "${!i}" != -o ] || { ((i += 1)) && object=${!i}; }
done
[[ $object == *.o ]] || exec "$@"

kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
"$@" -Xptxas -v --keep --keep-dir "$kept" 2> "$kept/messages"
status=$?
grep -v '^ptxas info \|^    [0-9]* bytes stack frame' "$kept/messages" >&2
[ $status -eq 0 ] || exit $status

# Bounds stand in the assembly, behind a kernel's name.
cat "$kept"/*.ptx | awk '
  match($0, /\.entry [A-Za-z0-9_$]+/) {name = substr($0, RSTART + 7, RLENGTH - 7)}
  /\.maxntid/ {
    gsub(/\.maxntid|,/, " ")
    threads = 1
    for (i = 1; i <= NF; ++i) threads *= $i
    print name, threads
  }' > "$kept/bounds"
awk '
  FILENAME == ARGV[1] {bound[$1] = $2; next}
  /Compiling entry function/ {split($0, part, "\x27"); name = part[2]; architecture = substr(part[4], 4)}
  /bytes spill stores/ {spilled = $5 + $9}
  /Used [0-9]+ registers/ {
    registers = shared = 0
    for (i = 1; i < NF; ++i) {
      if ($(i + 1) ~ /^registers/) registers = $i
      if ($(i + 2) ~ /^smem/) shared = $i
    }
    print architecture, registers, bound[name] + 0, shared, spilled, name
  }' "$kept/bounds" "$kept/messages" > "$object.kernels"
