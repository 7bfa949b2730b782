#!/usr/bin/env bash
# What castnet's CUDA kernels take of a GPU, by what a build with -DCASTNET_KERNEL_TABLE=ON left beside its objects.
#   scripts/kernels.sh BUILD            prints a table: of each program and kind of GPU the most
#   scripts/kernels.sh --check BUILD    says which kernels could not be launched; status 1 if there is one
# A block has as many threads as the kernel's __launch_bounds__ says; kernels without have kThreads
# (runtime/kernels/cuda/launch.hpp), and --check sees that each is launched so.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
check=
if [ "${1:-}" = --check ]; then
  check=yes
  shift
fi
if [ $# -ne 1 ]; then
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
kernels=$root/runtime/kernels/cuda
threads=$(sed -n 's/^inline constexpr int kThreads = \([0-9]*\);$/\1/p' "$kernels/launch.hpp")

# Of every object a line a kernel: PROGRAM, and what scripts/kernel_resources.sh wrote.
resources() {
  local file program
  find "$1" -name '*.kernels' | sort | while read -r file; do
    program=${file##*CMakeFiles/} program=${program%%.dir/*}
    case $program in
      cuda_trainer_*) program=${program#cuda_trainer_} ;;
      castnet_runtime_cuda_*) program="library, ${program##*_}" ;;
      *) [ -n "$check" ] || continue ;;
    esac
    awk -v program="$program" -v threads="$threads" -v OFS='\t' \
      '{print program, $1, $2, ($3 > 0 ? $3 : threads), $4, $5, $6}' "$file"
  done
}

# Kernels without a bound that are launched with another number of threads than kThreads or fewer.
unbounded() {
  local name
  grep -hoE '__global__ void [a-z_]+kernel\(' "$kernels"/*.hpp | sed 's/.* \(.*\)(/\1/' | sort -u |
    while read -r name; do
      cat "$kernels"/*.hpp | tr '\n' ' ' | grep -oE "launch<${name}[<>][^;]*;" |
        grep -vE ', +(kThreads|kWarp|1|Elements::kBlock),' | sed 's/^/launched without a bound: /'
    done
}

all=$(resources "$1")
if [ -z "$all" ]; then
  echo "kernels.sh: no *.kernels below $1: configure it with -DCASTNET_KERNEL_TABLE=ON, and build castnet_cuda_trainers" >&2
  exit 1
fi
if [ -n "$check" ]; then
  wrong=$(
    awk -F '\t' '
      $3 * $4 > 65536 {print $1 ", sm_" $2 ": " $3 " registers in " $4 " threads are more than 65536: " $7}
      $4 > 1024 {print $1 ", sm_" $2 ": " $4 " threads are more than 1024: " $7}
      $5 > 49152 {print $1 ", sm_" $2 ": " $5 " bytes of shared memory are more than 49152: " $7}' <<< "$all"
    unbounded
  )
  echo "kernels.sh: $(wc -l <<< "$all") kernels" >&2
  [ -z "$wrong" ] || echo "$wrong"
  [ -z "$wrong" ]
  exit
fi

cat << 'END'
# What castnet's CUDA kernels take

Of all kernels of a program the most, each column by itself. A multiprocessor has 65,536 registers; a block may
have 1,024 threads and 48 KiB of static shared memory. Spilled are bytes that a thread writes to memory and reads
again for want of registers. Made by `scripts/kernels.sh`; the registers are ptxas's, no GPU took part.

| program | GPU | kernels | registers a thread | registers × threads | shared memory, bytes | spilled, bytes | most registers × threads in |
| --- | --- | --- | --- | --- | --- | --- | --- |
END
awk -F '\t' '
  function most(table, key, value) {if (value > table[key]) {table[key] = value; return 1}}
  {
    key = $1 "\t" $2
    if (!(key in count)) order[++programs] = key
    ++count[key]
    most(registers, key, $3)
    if (most(file, key, $3 * $4)) {
      name = $7
      sub(/^_ZN7castnet4cuda(12_GLOBAL__N_1)?[0-9]+/, "", name)
      sub(/_kernel.*/, "_kernel", name)
      where[key] = name
    }
    most(shared, key, $5)
    most(spilled, key, $6)
  }
  END {
    for (i = 1; i <= programs; ++i) {
      key = order[i]
      split(key, part, "\t")
      printf "| %s | %s | %d | %d | %d | %d | %d | `%s` |\n", part[1], part[2], count[key], registers[key],
        file[key], shared[key], spilled[key], where[key]
    }
  }' <<< "$all"
