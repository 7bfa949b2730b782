#!/usr/bin/env bash
# From a fresh Debian 12 or 13 to tested: installs packages, builds everything, runs all tests.
# Arguments go to ctest, e.g. -R spec. The last line is `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/packages.sh --tests
cmake --preset release -DCASTNET_TESTS=ON
cmake --build --preset release
scripts/run_ctest.sh release "$@"
