#!/usr/bin/env bash
# Runs the tests of a built preset and ends with the line `N passed, N failed, N skipped`: programs that passed,
# failed, or were skipped, and of these last also the cases in a program that lacked what they need.
#   scripts/run_ctest.sh PRESET [ctest's arguments]
# Exit status: ctest's own.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

preset=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Two programs of two threads each on two cores: threads that spin while they wait for one another
# take the others' time.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
LC_ALL=C ctest --preset "$preset" --output-on-failure --no-tests=error -j2 "$@" | tee "$log"
status=$?

# ctest counts a skipped test as passed.
total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log" | tail -n 1)
failed=$(sed -n 's/.* tests passed, \([0-9]*\) tests failed out of .*/\1/p' "$log" | tail -n 1)
skipped=$(grep -cE '^[[:space:]]+[0-9]+ - .* \(Skipped\)$' "$log")
if [ -z "$total" ]; then
  echo "0 passed, 1 failed, 0 skipped"
  exit $((status == 0 ? 1 : status))
fi
# A case that lacks what it needs says so; ctest shows what failed alone.
cases=$(grep -hoE '^ *SKIPPED: .*' "build/$preset/Testing/Temporary/LastTest.log" | sed 's/^ *//')
[ -z "$cases" ] || echo "$cases"
echo "$((total - failed - skipped)) passed, $failed failed, $((skipped + $(grep -c . <<< "$cases"))) skipped"
exit "$status"
