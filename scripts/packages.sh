#!/usr/bin/env bash
# Installs the Debian packages that castnet needs, if any is missing.
#   scripts/packages.sh [--tests] [PACKAGE...]
# Without arguments: what building and running it takes, data set included. --tests: what the tests and
# benchmarks need on top of that. PACKAGE: further ones.
set -euo pipefail

packages=(
  g++ make cmake ninja-build pkg-config  # make: GCC shares out a trainer's compilation by it
  libcli11-dev libfmt-dev nlohmann-json3-dev libyaml-cpp-dev
  zlib1g-dev libcairo2-dev libpango1.0-dev libmd-dev libdtl-dev
  libjs-dygraphs
  fonts-dejavu-core curl ca-certificates
)
if [ "${1:-}" = --tests ]; then
  shift
  packages+=(catch2 libbenchmark-dev)
  # Of Ubuntu's, chromium is a snap alone; the tests that need it are skipped there.
  grep -qsx 'ID=ubuntu' /etc/os-release || packages+=(chromium)
fi
packages+=("$@")

if ! command -v apt-get >/dev/null; then
  echo "packages.sh: no apt-get here; please install what corresponds to: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "packages.sh: not root, and there is no sudo; as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --no-install-recommends "${missing[@]}"
