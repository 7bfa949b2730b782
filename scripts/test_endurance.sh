#!/usr/bin/env bash
# Disturbs castnet's commands, and sees that nothing is lost (docs/reliability.md): kills, signals, errors at
# every call that changes files, full disks, power cuts.
#   scripts/test_endurance.sh [--seconds S | --kills N | --all-points | --case CASE] [--seed N] [--only SCENARIO]
# Default: --seconds 120. Ends with `N passed, N failed`. Needs Linux; as root it also fills a real disk, of
# memory, that no other process sees.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

length=(--seconds 120)
for argument in "$@"; do
  case $argument in
    --seconds* | --kills* | --all-points | --case* | --help | -h) length=() ;;
  esac
done

[ -e build/release/build.ninja ] || cmake --preset release > /dev/null
cmake --build --preset release --target castnet_endurance > /dev/null
exec build/release/tests/endurance/castnet_endurance "${length[@]}" "$@"
