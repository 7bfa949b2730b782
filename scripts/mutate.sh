#!/usr/bin/env bash
# Do the tests see a fault? Plants the faults of tests/mutations/ one at a time in a copy of the checkout
# (build/mutations), builds and runs the test programs that each names, and prints a Markdown table. A fault is seen
# if one of them fails. Ends with the line `N passed, N failed`; failed are faults that no test sees, or that could
# not be tried.
#
#   scripts/mutate.sh                 all faults
#   scripts/mutate.sh PATTERN...      those whose name matches a shell pattern, as 'train.*'
#   scripts/mutate.sh --check [...]   tells only whether each can still be planted
#
# Faults stand in tests/mutations/AREA.txt, one a block; AREA.NAME is a fault's name:
#
#   fault NAME
#   in runtime/train/loop.cpp
#   - what stands there exactly once: a piece of a line, or of several lines
#   + what a maintainer could write by mistake; nothing: the piece is gone
#   see runtime the resumed*          a test program, and if that saves time a Catch2 filter; several: any may see it
#   equivalent REASON                 instead of `see`: no test can see it, for this reason
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

copy=build/mutations
seconds_a_test=600
names=() file_of=() piece_of=() fault_of=() sees_of=() reason_of=()

bad_list() {
  echo "$1" >&2
  exit 2
}

# One list: a block a fault.
read_list() {
  local list=$1 area line number=0 last=-1
  area=$(basename "$list" .txt)
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
      '' | '#'*) continue ;;
      'fault '*)
        last=${#names[@]}
        names+=("$area.${line#fault }")
        file_of+=('') piece_of+=('') fault_of+=('') sees_of+=('') reason_of+=('')
        continue
        ;;
    esac
    [ "$last" -ge 0 ] || bad_list "$list:$number: a line before the first 'fault NAME'"
    case $line in
      'in '*) file_of[last]=${line#in } ;;
      '- '*) piece_of[last]+=${piece_of[last]:+$'\n'}${line#- } ;;
      '+ '*) fault_of[last]+=${fault_of[last]:+$'\n'}${line#+ } ;;
      'see '*) sees_of[last]+=${sees_of[last]:+$'\n'}${line#see } ;;
      'equivalent '*) reason_of[last]=${line#equivalent } ;;
      *) bad_list "$list:$number: '$line' begins with none of fault, in, -, +, see, equivalent" ;;
    esac
  done < "$list"
}

# Whether fault $1 is whole, and its piece stands in the checkout exactly once.
can_be_planted() {
  local name=${names[$1]} file=${file_of[$1]} piece=${piece_of[$1]} text rest count
  if [ -z "$file" ] || [ -z "$piece" ] || [ -z "${sees_of[$1]}${reason_of[$1]}" ]; then
    echo "$name: needs 'in FILE', '- PIECE', and 'see PROGRAM' or 'equivalent REASON'" >&2
    return 1
  fi
  if [ ! -f "$file" ]; then
    echo "$name: there is no file $file" >&2
    return 1
  fi
  text=$(cat "$file")
  rest=${text//"$piece"/}
  count=$(((${#text} - ${#rest}) / ${#piece}))
  [ "$count" -eq 1 ] && return 0
  echo "$name: stands in $file $count times, not once: $piece" >&2
  return 1
}

# The copy gets all files of the checkout that differ from its own, and loses those that are gone.
refresh_copy() {
  local file files
  mkdir -p "$copy/checkout"
  mapfile -t files < <(git ls-files --cached --others --exclude-standard)
  for file in "${files[@]}"; do
    if [ ! -e "$file" ] || cmp -s "$file" "$copy/checkout/$file"; then continue; fi
    mkdir -p "$copy/checkout/$(dirname "$file")"
    cp "$file" "$copy/checkout/$file"
  done
  mapfile -t files < <(cd "$copy/checkout" && find . -path ./build -prune -o -type f -printf '%P\n')
  for file in "${files[@]}"; do [ -e "$file" ] || rm -f "$copy/checkout/$file"; done
}

# File by file, as a fault changes one of them.
configure() {
  (cd "$copy/checkout" && cmake --preset release -DCASTNET_TESTS=ON -DCASTNET_UNITY=OFF -DCASTNET_BENCH=OFF \
    -DCASTNET_CUDA=OFF) > "$copy/configure.log" 2>&1 && return
  cat "$copy/configure.log" >&2
  exit 3
}

# build SEE...: the programs of lines 'PROGRAM [FILTER]'.
build() {
  local see targets=()
  for see in "$@"; do targets+=("castnet_tests_${see%% *}"); done
  (cd "$copy/checkout" && cmake --build --preset release -j "$(nproc)" --target "${targets[@]}") \
    > "$copy/build.log" 2>&1
}

# run SEE: the program's status. Trainers that it compiles have a cache of their own.
run() {
  local program=${1%% *} arguments=(--warn NoTests)
  [ "$program" = "$1" ] || arguments+=("${1#* }")
  {
    XDG_CACHE_HOME=$PWD/$copy/cache OMP_WAIT_POLICY=passive timeout "$seconds_a_test" \
      "$copy/checkout/build/release/tests/castnet_tests_$program" "${arguments[@]}" < /dev/null
  } > "$copy/run.log" 2>&1
}

# Without a fault all tests that are to see one must be there and pass.
try_without_fault() {
  local see sees fine=0
  mapfile -t sees < <(for i in "${chosen[@]}"; do printf '%s\n' "${sees_of[i]}"; done | sed '/^$/d' | sort -u)
  [ "${#sees[@]}" -gt 0 ] || return 0
  if ! build "${sees[@]}"; then
    tail -n 50 "$copy/build.log" >&2
    return 1
  fi
  for see in "${sees[@]}"; do
    run "$see" && continue
    tail -n 30 "$copy/run.log" >&2
    echo "without a fault 'castnet_tests_$see' fails already, or there is no such test" >&2
    fine=1
  done
  return $fine
}

planted=
trap 'exit 130' INT TERM HUP
restore() {
  [ -z "$planted" ] || cp "$planted" "$copy/checkout/$planted"
  planted=
}
trap restore EXIT

# Puts fault $1 into the copy. The dot keeps the line breaks at the file's end.
plant() {
  local text
  planted=${file_of[$1]}
  text=$(cat "$planted" && echo .)
  text=${text/"${piece_of[$1]}"/"${fault_of[$1]}"}
  printf '%s' "${text%.}" > "$copy/checkout/$planted"
}

# What becomes of fault $1, in `result`.
try() {
  local see sees
  result="equivalent: ${reason_of[$1]}"
  [ -z "${reason_of[$1]}" ] || return 0
  mapfile -t sees <<< "${sees_of[$1]}"
  plant "$1"
  if ! build "${sees[@]}"; then
    result="does not compile"
  else
    result=UNSEEN
    for see in "${sees[@]}"; do
      run "$see" || result=seen
      [ "$result" != seen ] || break
    done
  fi
  restore
}

check=
if [ "${1:-}" = --check ]; then
  check=1
  shift
fi
for list in tests/mutations/*.txt; do read_list "$list"; done
repeated=$(printf '%s\n' "${names[@]}" | sort | uniq -d)
[ -z "$repeated" ] || bad_list "named twice: $repeated"

chosen=()
for i in "${!names[@]}"; do
  for pattern in "${@:-*}"; do
    # shellcheck disable=SC2053 # a pattern
    [[ ${names[i]} == $pattern ]] && chosen+=("$i") && break
  done
done
[ "${#chosen[@]}" -gt 0 ] || bad_list "no fault is named as $*"

passed=0
failed=0
for i in "${chosen[@]}"; do
  if can_be_planted "$i"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
if [ -n "$check" ] || [ "$failed" -gt 0 ]; then
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
fi

mkdir -p "$copy"
exec 9> "$copy/lock"
flock -n 9 || bad_list "another scripts/mutate.sh works in $copy"
refresh_copy
configure
try_without_fault || exit 3

passed=0
failed=0
declare -A seen_in=() unseen_in=() equivalent_in=() areas=()
printf '| fault | file | result | s |\n| --- | --- | --- | ---: |\n'
for i in "${chosen[@]}"; do
  started=$SECONDS
  try "$i"
  printf '| %s | %s | %s | %s |\n' "${names[i]}" "${file_of[i]}" "$result" $((SECONDS - started))
  area=${names[i]%%.*}
  areas[$area]=1
  case $result in
    seen) seen_in[$area]=$((${seen_in[$area]:-0} + 1)) ;;
    equivalent*) equivalent_in[$area]=$((${equivalent_in[$area]:-0} + 1)) ;;
    *) unseen_in[$area]=$((${unseen_in[$area]:-0} + 1)) ;;
  esac
  case $result in
    seen | equivalent*) passed=$((passed + 1)) ;;
    *) failed=$((failed + 1)) ;;
  esac
done

printf '\n| area | seen | unseen | equivalent |\n| --- | ---: | ---: | ---: |\n'
for area in $(printf '%s\n' "${!areas[@]}" | sort); do
  printf '| %s | %s | %s | %s |\n' "$area" "${seen_in[$area]:-0}" "${unseen_in[$area]:-0}" "${equivalent_in[$area]:-0}"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
